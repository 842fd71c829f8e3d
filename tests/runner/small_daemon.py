"""The smallest daemon that keeps R10: intents in a database, runs by ``Runs``. Killed by tests.

``python small_daemon.py FOLDER``: sees every job in ``FOLDER/jobs.db`` to its end, four at a time.
"""

import functools
import os
import signal
import sqlite3
import sys

import anyio

from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.spawning import NotSpawned
from djobs_daemon.executors.standing import Phase, Standing

AT_ONCE = 4
LIFE = "SMALL_DAEMON_LIFE_SECONDS"
"""How long it lives once everything is imported; without this, until its work is done."""
SCRIPT = "echo run >> {folder}/ran/{job}; echo out of {job}; sleep 0.0{nap}; exit {code}"


def open_database(folder: str) -> sqlite3.Connection:
    database = sqlite3.connect(os.path.join(folder, "jobs.db"), isolation_level=None, timeout=30)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    return database


def create(folder: str, jobs: int) -> None:
    """Make a database of jobs that are to be run, and a folder in which each run leaves a line."""
    os.mkdir(os.path.join(folder, "ran"))
    database = open_database(folder)
    database.execute(
        "create table job(id integer primary key, state text default 'queued', code int,"
        " spawns int default 0)"
    )
    database.executemany("insert into job(id) values(?)", [(job,) for job in range(jobs)])
    database.close()


def code_of(job: int) -> int:
    return job % 7


def order_of(folder: str, job: int) -> Order:
    script = SCRIPT.format(folder=folder, job=job, nap=1 + job % 9, code=code_of(job))
    return Order(argv=("sh", "-c", script), cwd=folder, env={"PATH": os.environ["PATH"]})


class SmallDaemon:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._database = open_database(folder)
        self._runs = Runs(os.path.join(folder, "runs"))

    async def see_to_all(self) -> None:
        slots = anyio.Semaphore(AT_ONCE)
        open_jobs = "select id from job where state not in ('done', 'lost') order by id"
        async with anyio.create_task_group() as group:
            for (job,) in self._database.execute(open_jobs).fetchall():
                await slots.acquire()
                group.start_soon(functools.partial(self._see_to, job, slots))

    async def _see_to(self, job: int, slots: anyio.Semaphore) -> None:
        run_id = str(job)
        standing = await self._runs.look(run_id)
        while True:
            if standing.phase in (Phase.UNKNOWN, Phase.NEVER_RAN):
                await self._begin(job, run_id)
            elif standing.settled:
                break
            standing = await self._runs.wait(run_id)
        self._record(job, standing)
        slots.release()

    async def _begin(self, job: int, run_id: str) -> None:
        self._database.execute(
            "update job set state = 'starting', spawns = spawns + 1 where id = ?", (job,)
        )
        await self._runs.prepare(run_id, order_of(self._folder, job))
        try:
            handle = await self._runs.spawn(run_id)
        except NotSpawned:
            return  # looked at again
        self._database.execute("update job set state = 'running' where id = ?", (job,))
        self._runs.go(handle)

    def _record(self, job: int, standing: Standing) -> None:
        lost = standing.phase is Phase.LOST
        code = None if standing.result is None else standing.result.exit_code
        state = "lost" if lost else "done"
        self._database.execute(
            "update job set state = ?, code = ? where id = ?", (state, code, job)
        )


if __name__ == "__main__":
    if LIFE in os.environ:  # whose default is death, at once, as by SIGKILL
        signal.setitimer(signal.ITIMER_REAL, float(os.environ[LIFE]))
    anyio.run(SmallDaemon(sys.argv[1]).see_to_all)
