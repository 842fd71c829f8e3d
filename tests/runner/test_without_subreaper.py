"""Where a system does not let a runner adopt orphans, the command's group is what is known."""

import os
import signal

from djobs_daemon.executors.results import End
from tests.harness.waiting import wait_until
from tests.runner.test_stopping import IGNORING
from tests.runner.workbench import Workbench, alive, shell

WITHOUT = "run.subreaper=raise:ENOSYS"


async def test_a_stop_ends_the_group(bench: Workbench) -> None:
    bench.with_faults(WITHOUT)
    run_id = await bench.begin(shell("sleep 1000 & echo $!; echo $$; wait"))
    pids = await bench.printed_pids(run_id, 2)
    await bench.runs.stop(run_id, 10_000)
    result = await bench.result(run_id)
    assert (result.end, result.killed, result.survivors) == (End.STOPPED, False, ())
    wait_until(lambda: not any(map(alive, pids)), "the group is gone")


async def test_a_group_that_ignores_it_is_killed(bench: Workbench) -> None:
    bench.with_faults(WITHOUT)
    run_id = await bench.begin(shell(IGNORING))
    (pid,) = await bench.printed_pids(run_id, 1)
    await bench.runs.stop(run_id, 200)
    assert (await bench.result(run_id)).signal == signal.SIGKILL
    assert not alive(pid)


async def test_a_group_is_paused_and_resumed(bench: Workbench) -> None:
    bench.with_faults(WITHOUT)
    run_id = await bench.begin(shell("trap 'exit 4' TERM; echo up; sleep 1000 & wait"))
    await bench.until_output(run_id, b"up")
    await bench.runs.pause(run_id)
    await bench.runs.resume(run_id)
    await bench.runs.stop(run_id, 3000)  # dash loses what its child is sent before it executes
    assert (await bench.result(run_id)).exit_code == 4


async def test_what_is_left_of_the_group_is_named(bench: Workbench) -> None:
    bench.with_faults(WITHOUT)
    run_id = await bench.begin(shell("sleep 1000 >/dev/null 2>&1 & echo $$; exit 3"))
    result = await bench.result(run_id)
    (group,) = await bench.printed_pids(run_id, 1)
    assert (result.exit_code, result.survivors) == (3, (group,))
    os.killpg(group, signal.SIGKILL)
