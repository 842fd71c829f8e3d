"""Whether the file is sound, the history unbroken, and every job what its history says.

One snapshot, memory independent of the history's length, nothing written.
"""

import sqlite3
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final

from djobs_daemon.queue.ids import numbering
from djobs_daemon.store.sqlite.anchor import chain_start
from djobs_daemon.store.sqlite.chain import next_hash, text_digest
from djobs_daemon.store.sqlite.database import database_uuid
from djobs_daemon.store.sqlite.migrate import version
from djobs_daemon.store.sqlite.replay import Line, Told, compare, retell
from djobs_daemon.store.sqlite.rows import JOBS, UNMET, job_row, scalar
from djobs_daemon.store.sqlite.threads import ThreadedConnection
from djobs_protocol.replies import DatabaseReport
from djobs_protocol.states import TERMINAL_EVENTS

PROBLEMS_MAX: Final = 100

_NAMED: Final = """
    FROM events v
    JOIN types t ON t.seq = v.type
    JOIN workflows f ON f.seq = v.workflow
    JOIN workspaces w ON w.seq = v.workspace
    LEFT JOIN sessions s ON s.seq = v.session
"""
_CHAIN: Final = f"""
    SELECT v.seq, v.hash, v.terminal, v.at, v.kind, v.job, v.run, v.from_state, v.to_state,
        t.name, f.correlation_id, w.path, s.id, v.agent, v.note, v.data, v.content
    {_NAMED} ORDER BY v.seq
"""
_BY_JOB: Final = f"""
    SELECT v.job, v.seq, v.at, v.kind, v.run, v.from_state, v.to_state,
        t.name, f.correlation_id, w.path, s.id, v.agent, v.data, v.content
    {_NAMED} ORDER BY v.job, v.seq
"""
_WRONG_TEXTS: Final = """
    SELECT x.event, x.body, v.content FROM texts x LEFT JOIN events v ON v.seq = x.event
"""
_JOB: Final = f"{JOBS} WHERE j.seq = ?"
_NEEDS: Final = "SELECT needs, on_failure FROM dependencies WHERE job = ? ORDER BY position"
_NEWEST_JOB: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"
_WITHOUT_HISTORY: Final = """
    SELECT seq FROM jobs j WHERE NOT EXISTS (SELECT 1 FROM events WHERE job = j.seq)
"""
_WRONG_BLOCKERS: Final = f"""
    SELECT seq, blockers, unmet FROM (
        SELECT j.seq, j.blockers, (
            SELECT count(*) FROM dependencies d JOIN jobs n ON n.seq = d.needs
            WHERE d.job = j.seq AND {UNMET}) AS unmet
        FROM jobs j)
    WHERE blockers <> unmet
"""
_WRONG_TALLIES: Final = """
    WITH counted AS (
        SELECT workflow, state AS what, count(*) AS jobs FROM jobs GROUP BY workflow, state
        UNION ALL
        SELECT workflow, 'blocked', count(*) FROM jobs
        WHERE state = 'pending' AND blockers > 0 GROUP BY workflow)
    SELECT workflow, what, sum(kept), sum(found) FROM (
        SELECT workflow, what, jobs AS kept, 0 AS found FROM tallies
        UNION ALL SELECT workflow, what, 0, jobs FROM counted)
    GROUP BY workflow, what HAVING sum(kept) <> sum(found)
"""


def check_connection(connection: ThreadedConnection, path: str) -> DatabaseReport:
    """Check the database behind a connection; runs on its thread."""
    return check(connection.plain, path)


def check(db: sqlite3.Connection, path: str) -> DatabaseReport:
    """Check a database end to end in one snapshot."""
    try:
        db.execute("BEGIN")
        problems = list(islice(_problems(db), PROBLEMS_MAX))
        return DatabaseReport(
            ok=not problems,
            path=path,
            schema=version(db),
            uuid=database_uuid(db),
            jobs=scalar(db.execute("SELECT count(*) FROM jobs")),
            events=scalar(db.execute("SELECT count(*) FROM events")),
            problems=problems,
        )
    except sqlite3.Error as error:
        return failed(path, f"The file cannot be read through: {error}.")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def failed(path: str, problem: str) -> DatabaseReport:
    """Return the report of a database that could not even be looked through."""
    return DatabaseReport(
        ok=False, path=path, schema=0, uuid="", jobs=0, events=0, problems=[problem]
    )


def _problems(db: sqlite3.Connection) -> Iterator[str]:
    for part in (_file, _chain, _texts, _jobs, _derived):
        yield from part(db)


def _file(db: sqlite3.Connection) -> Iterator[str]:
    for (problem,) in db.execute(f"PRAGMA integrity_check({PROBLEMS_MAX})"):
        if problem != "ok":
            yield f"Integrity: {problem}."
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield f"Integrity: row {row} of {table} refers to a missing row of {parent}."


def _chain(db: sqlite3.Connection) -> Iterator[str]:
    first, head = chain_start(db)
    newest = 0
    for place, (seq, kept, terminal, *line) in enumerate(db.execute(_CHAIN), start=first):
        if seq != place:
            yield f"History: event {place} is missing."
            return
        head = next_hash(head, (seq, *line))
        if head != kept or terminal != (line[1] in TERMINAL_EVENTS):
            yield f"History: event {seq} is not what was written."
            return
        newest = max(newest, line[2])
    if (given := scalar(db.execute(_NEWEST_JOB)) or 0) > newest:
        yield f"History: its end is missing; {given} jobs were stored, it knows of {newest}."


def _texts(db: sqlite3.Connection) -> Iterator[str]:
    for event, body, content in db.execute(_WRONG_TEXTS):
        if text_digest(body) != content:
            yield f"History: the text of event {event} is not what was written."


def _jobs(db: sqlite3.Connection) -> Iterator[str]:
    name = numbering(database_uuid(db))
    first, _ = chain_start(db)
    for job, lines in groupby(db.execute(_BY_JOB), key=itemgetter(0)):
        story = retell(Line(*line[1:]) for line in lines)
        for problem in _told_wrong(db, job, story, name):
            yield f"Job {name(job)}: {problem}."
    if first == 1:
        for (job,) in db.execute(_WITHOUT_HISTORY):
            yield f"Job {name(job)}: it has no history."


def _told_wrong(
    db: sqlite3.Connection, job: int, story: Told, name: Callable[[int], str]
) -> Iterator[str]:
    row = db.execute(_JOB, (job,)).fetchone()
    needs = db.execute(_NEEDS, (job,)).fetchall()
    yield from compare(story, None if row is None else job_row(row, name), needs)


def _derived(db: sqlite3.Connection) -> Iterator[str]:
    name = numbering(database_uuid(db))
    for job, kept, found in db.execute(_WRONG_BLOCKERS):
        yield f"Job {name(job)}: blockers is {kept}, unmet dependencies are {found}."
    rows: Iterator[tuple[Any, ...]] = db.execute(_WRONG_TALLIES)
    for workflow, what, kept, found in rows:
        yield f"Workflow {workflow}: {kept} jobs counted as {what}, there are {found}."
