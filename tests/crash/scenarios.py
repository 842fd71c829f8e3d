"""What is interrupted: every write request, sent as a client would send it again.

A scenario is run on a copy of a prepared ledger. Its requests carry keys, so running it again after
a crash must lead to the same ledger, with the same answers, as running it once undisturbed.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

import msgspec

from djobs_daemon.store.records import Actor
from djobs_daemon.store.sqlite import upkeep
from djobs_daemon.store.sqlite.migrate import Migration, load
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.job_replies import EnqueuedJobs
from djobs_protocol.states import EventKind
from tests.crash.asking import Asking, HeldClock
from tests.crash.sharing import SHARING
from tests.store.ledger_tools import ACTOR, HERE, OTHER, key, moving

E = EventKind
Scenario = Callable[[Asking], Awaitable[None]]

NEWCOMER = Actor("session-of-eve-0003", "library", "eve", "/new", "djobs 0.1", 4444)
"""Its session, workspace and workflow are in no table yet."""
GONE = Actor("session-of-joe-0004", "mcp", None, HERE, "codex 1.0", 4545)
"""Its session has kept answers in the prepared ledger."""

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
    answers: list[bytes] = []
    asking = Asking(store, HeldClock(), lambda _, answer: answers.append(answer), [])
    await asking.enqueue("1", {}, {}, actor=GONE)
    ids = enqueued_ids(answers.pop())
    await asking.enqueue("2", {"depends_on": ids}, {"type": "filler"}, actor=GONE)
    return [*ids, enqueued_ids(answers.pop())[0]]


def enqueued_ids(answer: bytes) -> list[str]:
    """Return the ids in the answer to an enqueue."""
    return [job.id for job in msgspec.json.decode(answer, type=EnqueuedJobs).jobs]


async def enqueue_one(a: Asking) -> None:
    await a.enqueue("1", {"payload": {"path": "src/main.py"}})
    await a.enqueue("2", {"payload": 2})


async def enqueue_as_a_newcomer(a: Asking) -> None:
    await a.enqueue("1", {"type": "new", "resource_key": "r"}, actor=NEWCOMER)
    relabelled = NEWCOMER._replace(agent="eve the second")
    await a.enqueue("2", {"type": "newer"}, actor=relabelled)


async def enqueue_batch(a: Asking) -> None:
    await a.enqueue("1", *({"priority": each} for each in range(1, 6)))


async def enqueue_with_dependencies(a: Asking) -> None:
    await a.enqueue("1", *({"depends_on": a.ids[:2]} for _ in range(3)))


async def enqueue_with_a_repeated_name(a: Asking) -> None:
    named = {"idempotency_key": "k"}
    await a.enqueue("1", named, named)
    await a.enqueue("2", named, {})
    await a.enqueue("3", {**named, "type": "another"}, {})


async def complete(a: Asking) -> None:
    await a.complete("1", a.ids[0])
    await a.complete("2", a.ids[1], actor=NEWCOMER)
    await a.complete("3", a.ids[1])


async def complete_before_its_time(a: Asking) -> None:
    await a.complete("1", a.ids[2])


async def fail(a: Asking) -> None:
    await a.fail("1", a.ids[2])
    await a.fail("2", a.ids[0], actor=NEWCOMER)
    await a.fail("3", "no-such-job")


async def again(a: Asking) -> None:
    for number in ("1", "2", "1", "2"):
        await a.enqueue(number, {"payload": number})
    for _ in range(2):
        await a.complete("3", a.ids[0])
        await a.fail("4", a.ids[1])


async def refused_after_writing(a: Asking) -> None:
    """Have a newcomer's session written before its request is refused, and taken back."""
    await a.enqueue("1", {"depends_on": [a.ids[0][:-1] + "999"]}, actor=NEWCOMER)
    await a.complete("2", "no-such-job", actor=NEWCOMER)


async def group_with_one_refused(a: Asking) -> None:
    await a.in_one_group(
        a.enqueue("1", {}),
        a.enqueue("2", {"type": "new"}),
        a.complete("3", "no-such-job", actor=NEWCOMER),
        a.fail("4", a.ids[0], actor=OTHER),
    )


async def forget(a: Asking) -> None:
    await a.complete("1", a.ids[0], OTHER)
    await a.store.forget_session(GONE.session)


async def care(a: Asking) -> None:
    """Do what is due once a day, with answers to prune, one at a time."""
    a.clock.advance(2 * upkeep.ANSWER_KEPT_MS)
    with mock.patch.object(upkeep, "PRUNE_ROWS", 1):
        await a.store.backup()
        await a.store.maintain()


async def retry(a: Asking) -> None:
    await _move(a, "1", moving(a.ids[0], E.SUCCEEDED, "ok", evidence="ok"))
    await _move(a, "2", moving(a.ids[1], E.SKIPPED))
    await _move(a, "3", moving(a.ids[0], E.RETRIED))


async def _move(a: Asking, number: str, work: Any) -> None:
    """Move a job as no request can ask for yet."""
    a.tell(number, await a.store.write(ACTOR, work, key(number, ACTOR.session)))


async def nothing(a: Asking) -> None:
    """Only open and close: for migrations."""


SCENARIOS: dict[str, Scenario] = {
    each.__name__: each
    for each in (
        enqueue_one,
        enqueue_as_a_newcomer,
        enqueue_batch,
        enqueue_with_dependencies,
        enqueue_with_a_repeated_name,
        complete,
        complete_before_its_time,
        fail,
        again,
        refused_after_writing,
        group_with_one_refused,
        forget,
        care,
        retry,
        *SHARING,
    )
}


def open_store(
    path: str, migrations: list[Migration] | None = None, clock: HeldClock | None = None
) -> Any:
    """Open a ledger with a standing clock."""
    return SqliteStore.open(
        path, backups=path + "-backups", clock_ms=clock or HeldClock(), migrations=migrations
    )
