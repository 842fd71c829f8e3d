"""Make the database file that stands for a schema: ``python -m tests.compatibility.make_database``.

Run once per schema, when it is released; the file is then never made again.
"""

import asyncio
import gzip
import sys
import tempfile
from pathlib import Path

from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.states import EventKind
from djobs_protocol.version import SCHEMA_VERSION
from tests.store.ledger_tools import ACTOR, OTHER, Clock, claim, draft, enqueue, key, move, moving

HERE = Path(__file__).parent


async def fill(path: Path) -> None:
    """Write a bit of everything that this release can write."""
    clock = Clock()
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        first, second, third = await enqueue(
            store, draft(idempotency_key="readme"), draft(resource_key="README.md"), draft()
        )
        await enqueue(store, draft(depends_on=(first, third), blockers=2, priority=1))
        clock.advance(1000)
        await store.write(ACTOR, moving(first, EventKind.SUCCEEDED, "ok", evidence="ok"), key("1"))
        await claim(store, second, actor=OTHER, until=clock.now + 60_000)
        await move(store, third, EventKind.FAILED, "no", actor=OTHER, last_error="no")
        await move(store, third, EventKind.RETRIED)


def main() -> None:
    """Write the compressed file of the newest schema; refuse to overwrite one."""
    target = HERE / f"schema-{SCHEMA_VERSION}.db.gz"
    if target.exists():
        sys.exit(f"{target} is there already; a released file is never made again")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.db"
        asyncio.run(fill(path))
        target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
