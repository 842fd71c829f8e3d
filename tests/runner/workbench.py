"""Runs real commands by real runners, and leaves none of them behind."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.results import Result
from djobs_daemon.executors.runs import Handle, Runs
from djobs_local import identity
from djobs_local.records import read_record
from tests.harness.waiting import LOOK_AGAIN_SECONDS, PATIENCE_SECONDS

PYTHON = sys.executable
ENV = {"PATH": os.environ["PATH"]}


def order(*argv: str, cwd: str = "/", env: dict[str, str] = ENV, **fields: Any) -> Order:
    return Order(argv=argv, cwd=cwd, env=env, **fields)


def shell(script: str, **fields: Any) -> Order:
    return order("sh", "-c", script, **fields)


def python(program: str, **fields: Any) -> Order:
    return order(PYTHON, "-I", "-S", "-c", program, **fields)


class Workbench:
    """Runs in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = Runs(str(folder), {**os.environ, "DJOBS_TEST": "1"})
        self._count = 0

    def with_faults(self, faults: str) -> None:
        """Have the runners from now on fail where it is said; see ``djobs_local.failpoints``."""
        environ = {**os.environ, "DJOBS_TEST": "1", "DJOBS_RUNNER_FP": faults}
        self.runs = Runs(str(self.folder), environ)

    async def spawn(self, what: Order) -> Handle:
        self._count += 1
        run_id = f"run{self._count}"
        await self.runs.prepare(run_id, what)
        return await self.runs.spawn(run_id)

    async def begin(self, what: Order) -> str:
        """Start a command and return its run's id."""
        handle = await self.spawn(what)
        assert self.runs.go(handle)
        return handle.run_id

    async def result(self, run_id: str) -> Result:
        """Wait for the end of a run."""
        with anyio.fail_after(PATIENCE_SECONDS):
            standing = await self.runs.wait(run_id)
        assert standing.result is not None, standing
        assert (self.folder / run_id / "runner.err").read_text() == ""
        return standing.result

    async def do(self, what: Order) -> Result:
        """Run a command to its end."""
        return await self.result(await self.begin(what))

    async def output(self, run_id: str, stream: str = "out") -> bytes:
        """Return all that is kept of a stream that has no gaps."""
        data = b""
        while True:
            page = await self.runs.read_log(run_id, len(data), 1 << 20, stream)
            assert page.missing == 0
            if not page.data:
                return data
            data += page.data

    async def until_output(self, run_id: str, text: bytes, count: int = 1) -> None:
        """Wait until a command has printed something, so many times."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while (await self.output(run_id)).count(text) < count:  # noqa: ASYNC110 - nothing announces it
                await anyio.sleep(LOOK_AGAIN_SECONDS[0])

    async def printed_pids(self, run_id: str, count: int) -> list[int]:
        """Wait until a command has printed so many lines, each a pid."""
        await self.until_output(run_id, b"\n", count)
        return [int(line) for line in (await self.output(run_id)).split()[:count]]

    def runner(self, run_id: str) -> identity.ProcessIdentity:
        """Return which process the runner of a run is, or was."""
        record = read_record(str(self.folder / run_id / "runner.json"))
        found = identity.ProcessIdentity.from_record(record)
        assert found is not None
        return found

    async def clear(self) -> None:
        """Kill whatever still runs."""
        for run_id in await self.runs.run_ids():
            await self.runs.stop(run_id, 0)
            await self.runs.wait(run_id)


def alive(pid: int) -> bool:
    """Say whether a process has not ended."""
    return identity.of_process(pid) is not None


@asynccontextmanager
async def workbench_in(folder: Path) -> AsyncIterator[Workbench]:
    bench = Workbench(folder)
    try:
        yield bench
    finally:
        with anyio.CancelScope(shield=True):
            await bench.clear()
