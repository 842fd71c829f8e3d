"""Have the store write several requests in one group, and watch what it does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from djobs_daemon.store.sqlite.store import SqliteStore

CALLERS = 40
SECONDS = 20


@contextmanager
def busy(store: SqliteStore) -> Iterator[threading.Event]:
    """Hold up the writer's thread until the event is set, or the block ends."""
    gate = threading.Event()
    store._connection.post(lambda: gate.wait(SECONDS))
    try:
        yield gate
    finally:
        gate.set()


async def traced(store: SqliteStore) -> list[str]:
    """Return a list to which the writer's connection adds every statement it begins."""
    statements: list[str] = []
    await store._connection.run(store._connection.plain.set_trace_callback, statements.append)
    return statements
