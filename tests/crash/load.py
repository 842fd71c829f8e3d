"""A ledger under load until it is killed. Run as a program; prints each acknowledged effect."""

import asyncio
import itertools
import sys
import time

from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import ACTOR, draft, enqueue, moving

CLIENTS = 8


async def client(store: SqliteStore) -> None:
    for turn in itertools.count():
        ids = await enqueue(store, *[draft()] * (1 + turn % 3))
        tell("pending", *ids)
        end = EventKind.FAILED if turn % 5 == 0 else EventKind.SUCCEEDED
        await store.write(ACTOR, moving(ids[0], end))
        tell(end, ids[0])


def tell(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


async def main(path: str) -> None:
    def now() -> int:
        return time.time_ns() // 1_000_000

    opening = SqliteStore.open(path, backups=path + "-backups", clock_ms=now)
    async with opening as store, asyncio.TaskGroup() as tasks:
        for _ in range(CLIENTS):
            tasks.create_task(client(store))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
