"""What is interrupted: one scenario per kind of request, each sent as a client would send it again.

A scenario is run on a copy of a prepared ledger. Its requests carry keys, so running it again after
a crash must lead to the same ledger, with the same answers, as running it once undisturbed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from djobs_daemon.store.interface import EventFilter, JobFilter
from djobs_daemon.store.sqlite.migrate import Migration, load
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import ACTOR, HERE, OTHER, Clock, draft, inserting, key, moving

E = EventKind
Tell = Callable[[str, bytes], None]
Scenario = Callable[[SqliteStore, Tell, list[str]], Awaitable[None]]

NEXT = Migration(
    load()[-1].number + 1,
    """
    CREATE TABLE annotations (job INTEGER NOT NULL REFERENCES jobs, text TEXT NOT NULL) STRICT;
    INSERT INTO annotations SELECT seq, 'migrated' FROM jobs;
    ALTER TABLE jobs ADD COLUMN annotated INTEGER NOT NULL DEFAULT 0;
    UPDATE jobs SET annotated = 1;
    """,
)
"""A made-up later release: new table, new column, data moved."""


async def prepare(store: SqliteStore) -> list[str]:
    """Fill a ledger and return its ids: two plain jobs, then one that needs both."""
    ids: list[str] = []

    def work(ledger: Any) -> Any:
        rows = ledger.insert_jobs([draft(), draft()])
        needs = tuple(row.id for row in rows)
        rows += ledger.insert_jobs([draft(depends_on=needs, blockers=2)])
        ids.extend(row.id for row in rows)
        return inserting(draft(type="filler"))(ledger)

    await store.write(ACTOR, work)
    return ids


async def send(store: SqliteStore, tell: Tell, number: str, work: Any, actor: Any = ACTOR) -> None:
    """Send one keyed request and tell its answer once it is acknowledged."""
    tell(number, await store.write(actor, work, key(number, actor.session)))


async def insert_one(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    await send(store, tell, "1", inserting(draft(workspace="/new", correlation_id="new")), OTHER)
    await send(store, tell, "2", inserting(draft(idempotency_key="k")), OTHER)


async def insert_batch(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    batch = [draft(priority=each, depends_on=(ids[0],), blockers=1) for each in range(1, 6)]
    await send(store, tell, "1", inserting(*batch))


async def succeed(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    await send(store, tell, "1", moving(ids[0], E.SUCCEEDED, "ok", evidence="ok"))
    await send(store, tell, "2", moving(ids[1], E.SKIPPED))


async def fail(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    await send(store, tell, "1", moving(ids[0], E.FAILED, "no", last_error="no"))
    await send(store, tell, "2", moving(ids[0], E.RETRIED))


async def hold(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    await send(store, tell, "1", moving(ids[0], E.CLAIMED, lease_expires_at=2**40))
    await send(store, tell, "2", moving(ids[0], E.RELEASED))


async def again(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    for number in ("1", "2", "1", "2"):
        await send(store, tell, number, inserting(draft(payload=f'"{number}"')))


async def forget(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    await send(store, tell, "1", moving(ids[0], E.SUCCEEDED), OTHER)
    await store.forget_session(ACTOR.session)


async def maintain(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    await store.maintain()
    await store.backup()


async def nothing(store: SqliteStore, tell: Tell, ids: list[str]) -> None:
    """Only open and close: for migrations."""


SCENARIOS: dict[str, Scenario] = {
    each.__name__: each
    for each in (insert_one, insert_batch, succeed, fail, hold, again, forget, maintain)
}


def open_store(path: str, migrations: list[Migration] | None = None) -> Any:
    """Open a ledger with a standing clock."""
    return SqliteStore.open(
        path, backups=path + "-backups", clock_ms=Clock(), migrations=migrations
    )


async def dump(store: SqliteStore) -> Any:
    """Return all that a client can see."""
    jobs, _ = await store.read(lambda view: view.list_jobs(JobFilter(), 500, None))
    events, _ = await store.read(lambda view: view.list_events(EventFilter(0, 2**53), 500, None))
    unfinished = await store.read(lambda view: view.unfinished_since(HERE))
    return jobs, events, unfinished
