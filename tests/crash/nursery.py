"""Runs a scenario again and again, each time killed some SQL statements later. Run as a program.

One warm process forks a child per point of failure. The child's connections call back before every
statement, and the child kills itself at the chosen one; production code has no hook for this.
"""

import asyncio
import gc
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
from typing import Any

from djobs_daemon.store.sqlite.migrate import Migration, load
from tests.crash.asking import Asking, HeldClock
from tests.crash.scenarios import NEXT, SCENARIOS, nothing, open_store
from tests.harness.length import every

POINTS_MAX = 1000

counting: list[bool] = []
"""Not empty once statements count: opening is a scenario of its own."""
statements = itertools.count()


def arm(crash_at: int) -> None:
    """Make every connection of this process die before statement number ``crash_at``."""
    connect = sqlite3.connect

    def die_when_due(_: str) -> None:
        if counting and next(statements) == crash_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def armed(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        db.set_trace_callback(die_when_due)
        return db

    setattr(sqlite3, "connect", armed)  # noqa: B010 - a patch, said plainly


async def play(name: str, path: str, ids: list[str]) -> None:
    """Run one scenario, noting each acknowledged answer in a file that a kill cannot empty."""
    notes = os.open(path + ".answers", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def tell(request: str, answer: bytes) -> None:
        os.write(notes, f"{request} {answer.decode()}\n".encode())

    if name not in SCENARIOS:
        counting.append(True)
    clock = HeldClock()
    async with open_store(path, migrations_of(name), clock) as store:
        counting.append(True)
        await SCENARIOS.get(name, nothing)(Asking(store, clock, tell, ids))
    os.close(notes)


def migrations_of(name: str) -> list[Migration]:
    """Return the migrations the scenario opens its ledger with."""
    return [*load(), NEXT] if name == "migrate" else load()


def one_point(name: str, path: str, ids: list[str], crash_at: int) -> int:
    """Fork, run up to the point, return the child's wait status."""
    child = os.fork()
    if child == 0:
        try:
            arm(crash_at)
            asyncio.run(play(name, path, ids))
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def warm_up(name: str, template: str, folder: str, ids: list[str]) -> None:
    """Go through the scenario once, so that no child has to import what it needs on the way."""
    place = os.path.join(folder, "warm")
    shutil.copytree(template, place)
    asyncio.run(play(name, os.path.join(place, "jobs.db"), ids))
    shutil.rmtree(place)
    counting.clear()
    gc.collect()
    gc.freeze()


def main(name: str, template: str, folder: str, ids: list[str]) -> None:
    """Walk the point of failure until the scenario reaches its end; print how far that was."""
    warm_up(name, template, folder, ids)
    stride = every(6)
    for crash_at in range(random.randrange(stride), POINTS_MAX, stride):
        place = os.path.join(folder, str(crash_at))
        shutil.copytree(template, place)
        status = one_point(name, os.path.join(place, "jobs.db"), ids, crash_at)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            continue
        if os.WEXITSTATUS(status) == 0:
            print(crash_at, flush=True)  # noqa: T201
            return
        sys.exit(f"the scenario failed at {crash_at}")
    sys.exit("the scenario does not end")


if __name__ == "__main__":
    scenario, template_folder, points_folder, known = sys.argv[1:]
    main(scenario, template_folder, points_folder, json.loads(known))
