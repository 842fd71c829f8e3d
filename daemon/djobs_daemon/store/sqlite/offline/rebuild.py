"""Make the database anew from its history: a damaged snapshot becomes again what the events say.

Names, events and texts are copied row by row and proven; jobs, dependencies and counts are made
from them; what no event tells is copied where it can be read. The new file lies beside until it is
verified, then takes the place in one step, and the old one is kept. The caller holds the locks.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final, NamedTuple

import msgspec

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.check_history import first_break
from djobs_daemon.store.sqlite.database import connect, create
from djobs_daemon.store.sqlite.migrate import Migration
from djobs_daemon.store.sqlite.offline.given import catch_up, how_far_ahead
from djobs_daemon.store.sqlite.offline.restore import accept, made_beside, remove, replace
from djobs_daemon.store.sqlite.offline.salvage import BESIDE, HISTORY, OF_JOBS, Salvage
from djobs_daemon.store.sqlite.offline.snapshot import build, keep_numbers
from djobs_daemon.store.sqlite.rows import scalar
from djobs_protocol.daemon_replies import DatabaseReport
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import TERMINAL_EVENTS

SUFFIX: Final = ".rebuilt"

_TRIGGERS: Final = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
_KINDS: Final = ", ".join(f"'{kind}'" for kind in sorted(TERMINAL_EVENTS))
_MARK_ENDS: Final = f"UPDATE events SET terminal = kind IN ({_KINDS})"
_DROPPED_FROM: Final = "SELECT min(at) FROM events WHERE seq > ?"
_NOT_RUNNING: Final = """
    DELETE FROM reservations WHERE job NOT IN (SELECT seq FROM jobs WHERE state = 'running')
"""
_COUNT_DROPPED: Final = "SELECT count(*), count(DISTINCT job) FROM events WHERE seq > ?"


class Rebuilt(NamedTuple):
    """What came of it."""

    report: DatabaseReport
    kept: str | None
    """Where the old database is now."""
    lost: list[str]
    """What could not be taken over, in sentences."""


def rebuild(
    path: str, folder: str, now: int, migrations: list[Migration], keep_until: int | None = None
) -> Rebuilt:
    """Replace the database at ``path`` by one made from its history.

    With ``keep_until`` only the events up to that number are kept. ``DjobsError(DB_CORRUPT)`` when
    the history itself is broken: then the message says where, and nothing has changed.
    """
    with made_beside(path, SUFFIX) as fresh:
        files.judge(path)
        remove(fresh)
        create(fresh, migrations, now)
        with closing(connect(path, "ro")) as old, closing(connect(fresh, "rw")) as new:
            new.execute("PRAGMA synchronous = OFF")  # synced when it is whole
            new.execute("PRAGMA ignore_check_constraints = ON")  # until it is checked
            lost = _fill(new, old, now, keep_until)
        if keep_until is not None:
            ahead = how_far_ahead(path, fresh)
            with closing(connect(fresh, "rw")) as new:
                catch_up(new, ahead, now)
        report = accept(f"What the history of {path} makes", fresh, now, migrations)
        kept = replace(path, fresh, folder, now)
        return Rebuilt(msgspec.structs.replace(report, path=path), kept, lost)


def _fill(
    new: sqlite3.Connection, old: sqlite3.Connection, now: int, keep_until: int | None
) -> list[str]:
    salvage = Salvage(old, new)
    with _triggers_away(new):
        new.execute("BEGIN")
        new.execute("DELETE FROM meta")
        salvage.copy(("meta", *HISTORY))
        dropped_from = None
        if keep_until is not None:
            dropped_from = scalar(new.execute(_DROPPED_FROM, (keep_until,)))
            salvage.lost.append(_drop_after(new, keep_until))
        _require_unbroken(new)
        new.execute(_MARK_ENDS)  # the only column of an event that the chain does not cover
        build(new, old, now)
        salvage.copy(BESIDE)
        if dropped_from is not None:
            _forget_since(new, dropped_from)
        missing = keep_numbers(new, old)
        new.execute("COMMIT")
    return salvage.lost + ([missing] if missing else [])


@contextmanager
def _triggers_away(new: sqlite3.Connection) -> Iterator[None]:
    """Take the triggers away that hold writers to the rules; the check comes afterwards."""
    triggers = new.execute(_TRIGGERS).fetchall()
    for name, _ in triggers:
        new.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        new.execute(sql)


def _drop_after(new: sqlite3.Connection, seq: int) -> str:
    events, jobs = new.execute(_COUNT_DROPPED, (seq,)).fetchone()
    new.execute("DELETE FROM events WHERE seq > ?", (seq,))
    new.execute("DELETE FROM texts WHERE event > ?", (seq,))
    return f"{counted(events, 'event')} after {seq}, about {counted(jobs, 'job')}."


def _forget_since(new: sqlite3.Connection, at: int) -> None:
    """Drop what belongs to events that were dropped: an answer kept of one would be a lie."""
    new.execute("DELETE FROM requests WHERE at >= ?", (at,))
    for table in OF_JOBS:
        new.execute(f"DELETE FROM {table} WHERE job NOT IN (SELECT seq FROM jobs)")
    new.execute(_NOT_RUNNING)


def counted(number: int, one: str) -> str:
    """Return ``1 event`` or ``2 events``."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _require_unbroken(new: sqlite3.Connection) -> None:
    broken = first_break(new)
    if broken is None:
        return
    newest = scalar(new.execute("SELECT max(seq) FROM events")) or 0
    raise DjobsError(
        ErrorCode.DB_CORRUPT,
        f"The history is broken at event {broken} of {newest}: it, its text, or a name it was "
        "recorded with is missing or is not what was written.",
        hint="`djobsctl restore latest` loses what came after that backup; `djobsctl db rebuild "
        f"--keep-until {broken - 1}` gives up {counted(newest - broken + 1, 'event')}.",
        event=broken,
        newest=newest,
    )
