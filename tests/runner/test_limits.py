"""A command has the limits of its order, and the runner none of them."""

import os
import resource
import signal

import msgspec
import pytest

from djobs_daemon.executors.orders import Limits
from djobs_daemon.executors.results import End
from tests.harness import needs
from tests.runner.workbench import Workbench, order, python, shell

SHOWN = [
    ("cpu_seconds", 1000, "t", 1000),
    ("memory_bytes", 1 << 30, "v", 1 << 20),
    ("file_bytes", 1 << 20, "f", 1 << 10),
    ("processes", 500, "u", 500),
    ("open_files", 64, "n", 64),
    ("core_bytes", 0, "c", 0),
]
"""Limit, amount, the letter of bash's ulimit, what that shows: some in KiB."""


@pytest.mark.parametrize(("name", "amount", "letter", "shown"), SHOWN)
async def test_each_limit_is_set(
    bench: Workbench, name: str, amount: int, letter: str, shown: int
) -> None:
    run_id = await bench.begin(
        order("bash", "-c", f"ulimit -S{letter}", limits=limit(name, amount))
    )
    await bench.result(run_id)
    assert int(await bench.output(run_id)) == shown


def limit(name: str, amount: int) -> Limits:
    return msgspec.convert({name: amount}, Limits)


async def test_processor_time_is_limited(bench: Workbench) -> None:
    result = await bench.do(python("while True: pass", limits=Limits(cpu_seconds=1)))
    assert (result.end, result.signal) == (End.EXITED, signal.SIGXCPU)


async def test_memory_is_limited(bench: Workbench) -> None:
    result = await bench.do(python("x = b'x' * (1 << 30)", limits=Limits(memory_bytes=256 << 20)))
    assert result.exit_code == 1


async def test_the_size_of_files_is_limited_but_not_of_output(bench: Workbench) -> None:
    program = "import os\nfor _ in range(64): os.write(1, b'x' * 65536)"
    run_id = await bench.begin(python(program, limits=Limits(file_bytes=1000)))
    assert (await bench.result(run_id)).exit_code == 0
    assert len(await bench.output(run_id)) == 64 * 65536


async def test_a_limit_above_the_daemons_own_is_lowered(bench: Workbench) -> None:
    _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    run_id = await bench.begin(shell("ulimit -n", limits=Limits(open_files=highest * 4)))
    await bench.result(run_id)
    assert int(await bench.output(run_id)) == highest


BOMB = """
import os, time
{drop}
os.write(1, b"up\\n")
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""


@pytest.mark.usefixtures("root")
async def test_a_fork_bomb_within_its_limit_is_killed_to_the_last(bench: Workbench) -> None:
    """As another user, because the limit does not bind root, and counts all of a user's."""
    needs.linux("elsewhere only the process group is known")
    nobody = 61_234
    drop = f"import resource; os.setuid({nobody})"
    run_id = await bench.begin(python(BOMB.format(drop=drop), cwd="/", limits=Limits(processes=60)))
    await bench.until_output(run_id, b"up")
    await bench.runs.stop(run_id, 0)
    result = await bench.result(run_id)
    assert result.end is End.STOPPED
    assert result.survivors == ()
    owned = [pid for pid in os.listdir("/proc") if pid.isdecimal() and owner(pid) == nobody]
    assert owned == []


def owner(pid: str) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except FileNotFoundError:
        return None
