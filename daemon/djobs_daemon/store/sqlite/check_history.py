"""Whether the history is the one that was written: chain, texts, and its two ends."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Final

from djobs_daemon.store.sqlite.anchor import chain_start, jobs_cut, jobs_given_before
from djobs_daemon.store.sqlite.chain import next_hash, text_digest
from djobs_daemon.store.sqlite.rows import scalar
from djobs_protocol.states import TERMINAL_EVENTS

_CHAIN: Final = """
    SELECT v.seq, v.hash, v.terminal, v.type, v.workflow, v.workspace, v.session,
        v.at, v.kind, v.job, v.run, v.from_state, v.to_state,
        t.name, f.correlation_id, w.path, s.id, v.agent, v.note, v.data, v.content
    FROM events v
    LEFT JOIN types t ON t.seq = v.type
    LEFT JOIN workflows f ON f.seq = v.workflow
    LEFT JOIN workspaces w ON w.seq = v.workspace
    LEFT JOIN sessions s ON s.seq = v.session
    ORDER BY v.seq
"""
_NAMED: Final = {
    "type": ("types", "name"),
    "workflow": ("workflows", "correlation_id"),
    "workspace": ("workspaces", "path"),
    "session": ("sessions", "id"),
}
"""The tables of names that the hashes cover, by the column that refers to them."""
_TEXTS: Final = (
    "SELECT x.event, x.body, v.content FROM texts x LEFT JOIN events v ON v.seq = x.event"
)
_LOST_TEXTS: Final = """
    SELECT v.seq, v.job FROM events v JOIN jobs j ON j.seq = v.job
    WHERE v.content IS NOT NULL AND NOT EXISTS (SELECT 1 FROM texts WHERE event = v.seq)
"""
_FIRST_LOST_TEXT: Final = """
    SELECT min(v.seq) FROM events v
    WHERE v.content IS NOT NULL AND NOT EXISTS (SELECT 1 FROM texts WHERE event = v.seq)
        AND v.job NOT IN (SELECT job FROM events WHERE kind = 'purged')
"""
_GIVEN: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"


def first_break(db: sqlite3.Connection) -> int | None:
    """Return the number of the first event that is not proven, nor its text; None if all are."""
    place, head = chain_start(db)
    broken: list[int] = []
    for seq, kept, _, _, _, _, _, *line in db.execute(_CHAIN):
        if seq != place or next_hash(head, (seq, *line)) != kept:
            broken.append(place)
            break
        place, head = seq + 1, kept
    for event, body, content in db.execute(_TEXTS):
        if text_digest(body) != content:
            broken.append(event)
            break
    missing = scalar(db.execute(_FIRST_LOST_TEXT))
    return min(broken if missing is None else [*broken, missing], default=None)


def wrong_history(db: sqlite3.Connection, most: int) -> Iterator[str]:
    """Yield what is wrong with the events, ``most`` of them at most one by one."""
    place, head = chain_start(db)
    newest = jobs_cut(db)
    wrong: list[int] = []
    blamed = [Counter[int]() for _ in _NAMED]
    for seq, kept, terminal, *rest in db.execute(_CHAIN):
        numbers, line = rest[:4], rest[4:]
        if seq != place:
            yield f"History: event {place} is missing."
        elif next_hash(head, (seq, *line)) != kept or terminal != (line[1] in TERMINAL_EVENTS):
            wrong.append(seq)
            for counter, number in zip(blamed, numbers, strict=True):
                counter[number] += 1
        # What follows is held against what is there, so that each wrong line is found by itself.
        place, head, newest = seq + 1, kept, max(newest, line[2])
    yield from _renamed(db, blamed)
    for seq in wrong[:most]:
        yield f"History: event {seq} is not what was written."
    yield from _wrong_end(db, newest)


def _renamed(db: sqlite3.Connection, blamed: list[Counter[int]]) -> Iterator[str]:
    """Yield the names all of whose events are wrong, if another name's are not."""
    for counter, (column, (table, name)) in zip(blamed, _NAMED.items(), strict=True):
        if not counter:
            continue
        uses = dict(db.execute(f"SELECT {column}, count(*) FROM events GROUP BY {column}"))
        for number, count in counter.items():
            if count == uses[number] and (count > 1 or len(uses) > 1):
                shown = scalar(db.execute(f"SELECT {name} FROM {table} WHERE seq = ?", (number,)))
                yield (
                    f"History: no event of row {number} of {table} ({shown}) is what was written; "
                    f"its {name} may have been changed."
                )


def _wrong_end(db: sqlite3.Connection, newest: int) -> Iterator[str]:
    given = scalar(db.execute(_GIVEN)) or 0
    newest = max(newest, jobs_given_before(db))
    if given > newest:
        yield f"History: its end is missing; {given} jobs were stored, it knows of {newest}."
    elif given < newest:
        yield f"sqlite_sequence: it says {given}, so numbers return: {newest} jobs were stored."


def wrong_texts(db: sqlite3.Connection) -> Iterator[str]:
    """Yield each text that is not what its event brought, or is gone before its job."""
    for event, body, content in db.execute(_TEXTS):
        if text_digest(body) != content:
            yield f"History: the text of event {event} is not what was written."
    for event, _ in db.execute(_LOST_TEXTS):
        yield f"History: the text of event {event} is missing."
