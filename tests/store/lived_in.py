"""A ledger with jobs in every kind of state, and ways to change it behind its triggers' back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from djobs_daemon.store.sqlite.check import check
from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import OTHER, Clock, claim, draft, enqueue, move

SPEAKING: Final = {
    "tallies": "jobs > 0",  # none says the same as no row
    "events": "seq IN (1, 4, 8, (SELECT max(seq) FROM events))",
}
"""Which rows are tried, where not all of a table are."""


async def live(path: Path, clock: Clock) -> None:
    """Fill a ledger with jobs in every kind of state."""
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        first, second = await enqueue(store, draft(priority=2), draft(resource_key="r"))
        await enqueue(
            store,
            draft(depends_on=(second,), blockers=1, graph_key="g"),
            draft(idempotency_key="k", lease_ms=5, retry_policy='{"factor":3.0}'),
            draft(run_at=clock.now + 10**6),
        )
        clock.advance(5)
        await enqueue(store, draft(type="b", workspace="/b", correlation_id="b"), actor=OTHER)
        waits = draft(depends_on=(first, second), blockers=2)  # will be told of one of them
        await enqueue(store, waits, draft(resource_key="free"))
        clock.advance(3)
        await claim(store, first)
        await move(store, first, EventKind.RETRY_SCHEDULED, "no", last_error="no", run_at=9)
        await move(store, first, EventKind.RETRY_DUE)
        await move(store, first, EventKind.SUCCEEDED, "fine", evidence="fine")
        clock.advance(5)
        await claim(store, second, actor=OTHER)
        assert (await store.check()).problems == []


class Tampering:
    """A ledger that is changed behind the back of its triggers."""

    def __init__(self, path: Path, content: bytes, now: int) -> None:
        self.path, self.content, self.now = path, content, now

    def rows(self, table: str, column: str) -> list[tuple[list[str], list[Any], Any]]:
        """Return the key, its values, and the value of a column, of each row."""
        self.path.write_bytes(self.content)
        with closing(sqlite3.connect(self.path)) as db:
            key = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5]]
            found = db.execute(
                f"SELECT {', '.join(key)}, {column} FROM {table} WHERE {SPEAKING.get(table, '1')}"
            ).fetchall()
        return [(key, list(place), value) for *place, value in found]

    def problems_after(self, statement: str, values: list[Any]) -> list[str]:
        """Run a statement on the ledger as it was, and check it."""
        self.change((statement, values))
        with closing(connect(str(self.path), "ro")) as db:
            return check(db, str(self.path), self.now, load()).problems

    def change(self, *changes: tuple[str, list[Any]]) -> None:
        """Run statements, each of which changes something, on the ledger as it was."""
        self.path.write_bytes(self.content)
        with closing(sqlite3.connect(self.path)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            db.executescript("PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON;")
            gates = triggers.fetchall()
            with db:
                for name, _ in gates:
                    db.execute(f"DROP TRIGGER {name}")
                for statement, values in changes:
                    assert db.execute(statement, values).rowcount > 0, statement
                for _, sql in gates:
                    db.execute(sql)


def other(value: Any, column: str) -> Any:
    """Return another value that the column's type allows."""
    if column in ("content", "hash"):
        return b"x" * 32
    return value + "x" if isinstance(value, str) else (value or 0) + 1000
