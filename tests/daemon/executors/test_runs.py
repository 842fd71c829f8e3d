"""Runs belong to nobody: they are found again, waited for and steered by whoever comes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from djobs_daemon.executors import facts
from djobs_daemon.executors.facts import RunBegun
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.spawning import NotSpawned
from djobs_daemon.executors.standing import Phase
from djobs_local import identity
from djobs_runner.prepared import NotReady, Prepared
from djobs_runner.tree import LinuxTree
from tests.harness import needs
from tests.harness.gate import Gate
from tests.harness.waiting import PATIENCE_SECONDS, wait_until
from tests.runner.workbench import Workbench, order, shell

BEGIN = """
import anyio, os, signal, sys
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.runs import Runs
async def begin():
    runs = Runs(sys.argv[1])
    order = Order(("sh", "-c", sys.argv[2]), sys.argv[1], {"PATH": os.environ["PATH"]})
    with anyio.CancelScope() as scope:
        await runs.prepare("r", order)
        handle = await runs.spawn("r")
        runs.go(handle)
        scope.cancel()
        await anyio.sleep(1)
    if sys.argv[3] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
anyio.run(begin)
"""
UNTIL_GO = "echo up; while [ ! -e go ]; do sleep 0.01; done; exit 6"


def begin_in_a_process(folder: Path, end: str) -> int:
    """Begin a run in another process and return how that ended."""
    folder.mkdir(mode=0o700, exist_ok=True)
    command = [sys.executable, "-c", BEGIN, str(folder), UNTIL_GO, end]
    return subprocess.run(command, timeout=PATIENCE_SECONDS, check=False).returncode


def children_of(pid: int) -> list[int]:
    """Return a process's children, ended ones included."""
    return [child.pid for child in LinuxTree().everybody() if child.parent == pid]


async def test_a_run_goes_on_when_the_process_that_began_it_is_killed(bench: Workbench) -> None:
    assert begin_in_a_process(bench.folder, "kill") == -signal.SIGKILL
    assert (await bench.runs.look("r")).phase is Phase.RUNNING
    (bench.folder / "go").touch()
    assert (await bench.result("r")).exit_code == 6
    assert await bench.output("r") == b"up\n"


async def test_a_run_outlives_the_event_loop_and_the_scope_that_began_it(bench: Workbench) -> None:
    assert begin_in_a_process(bench.folder, "end") == 0
    assert (await bench.runs.look("r")).phase is Phase.RUNNING
    (bench.folder / "go").touch()
    assert (await bench.result("r")).exit_code == 6


async def test_an_adopted_run_is_paused_resumed_and_stopped(bench: Workbench) -> None:
    begin_in_a_process(bench.folder, "kill")
    assert await bench.runs.pause("r")
    another = Runs(str(bench.folder))
    assert (await another.look("r")).paused
    assert await another.resume("r")
    assert await another.stop("r", 5000)
    assert (await bench.result("r")).signal == signal.SIGTERM


async def test_neither_a_closed_terminal_nor_a_key_ends_a_runner(bench: Workbench) -> None:
    run_id = await bench.begin(shell(UNTIL_GO, cwd=str(bench.folder)))
    runner = bench.runner(run_id)
    assert os.getsid(runner.pid) == runner.pid
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGUSR1):
        identity.send_signal(runner, number)
    (bench.folder / "go").touch()
    assert (await bench.result(run_id)).exit_code == 6


async def test_a_runner_is_nobodys_child_and_leaves_no_zombie(bench: Workbench) -> None:
    needs.linux("elsewhere nobody tells whose child a process is")
    handle = await bench.spawn(order("true"))
    assert children_of(os.getpid()) == []
    bench.runs.go(handle)
    await bench.result(handle.run_id)
    await bench.do(order("true"))
    assert children_of(os.getpid()) == []


async def test_without_a_go_nothing_is_executed(bench: Workbench, tmp_path: Path) -> None:
    handle = await bench.spawn(order("touch", str(tmp_path / "ran")))
    assert (await bench.runs.look(handle.run_id)).phase is Phase.STARTING
    bench.runs.abandon(handle)
    bench.runs.abandon(handle)
    assert (await bench.runs.wait(handle.run_id)).phase is Phase.NEVER_RAN
    assert not (tmp_path / "ran").exists()
    again = await bench.runs.spawn(handle.run_id)
    bench.runs.go(again)
    await bench.result(handle.run_id)
    assert (tmp_path / "ran").exists()


async def test_a_cancelled_spawn_leaves_a_run_that_never_ran(bench: Workbench) -> None:
    await bench.runs.prepare("r", order("true"))
    with anyio.move_on_after(0.001):
        await bench.runs.spawn("r")
    with anyio.fail_after(PATIENCE_SECONDS):
        assert (await bench.runs.wait("r")).phase is Phase.NEVER_RAN


async def test_a_spawn_that_is_cancelled_half_way_is_abandoned(
    bench: Workbench, tmp_path: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    bench.with_faults(f"run.locked=gate:{gate}")
    await bench.runs.prepare("r", order("touch", str(tmp_path / "ran")))
    with gate:
        async with anyio.create_task_group() as group:
            group.start_soon(bench.runs.spawn, "r")
            await to_thread.run_sync(gate.wait_reached)
            group.cancel_scope.cancel()
    with anyio.fail_after(PATIENCE_SECONDS):
        assert (await bench.runs.wait("r")).phase is Phase.NEVER_RAN
    assert not (tmp_path / "ran").exists()


def test_who_hears_of_a_refusal_finds_no_runner(tmp_path: Path) -> None:
    folder = str(tmp_path / "runs" / "r")
    facts.prepare(folder, order("true").encode(), {})
    (tmp_path / "runs" / "r" / "started.json").touch()
    with pytest.raises(NotReady) as refused:
        Prepared(folder)
    assert refused.value.step == "started"
    assert not facts.runner_lives(folder)


async def test_a_run_that_was_begun_is_neither_prepared_nor_spawned_again(
    bench: Workbench,
) -> None:
    run_id = await bench.begin(order("true"))
    await bench.result(run_id)
    with pytest.raises(RunBegun):
        await bench.runs.prepare(run_id, order("true"))
    with pytest.raises(NotSpawned) as refused:
        await bench.runs.spawn(run_id)
    assert refused.value.step == "started"


async def test_a_run_without_an_order_has_no_runner(bench: Workbench) -> None:
    await bench.runs.prepare("r", order("true"))
    (bench.folder / "r" / "order.json").write_text("[")
    with pytest.raises(NotSpawned) as refused:
        await bench.runs.spawn("r")
    assert refused.value.step == "order"


async def test_a_killed_runner_takes_its_command_along_and_the_outcome_is_lost(
    bench: Workbench,
) -> None:
    run_id = await bench.begin(shell("echo $$; exec sleep 1000"))
    (pid,) = await bench.printed_pids(run_id, 1)
    identity.send_signal(bench.runner(run_id), signal.SIGKILL)
    with anyio.fail_after(PATIENCE_SECONDS):
        assert (await bench.runs.wait(run_id)).phase is Phase.LOST
    wait_until(lambda: identity.of_process(pid) is None, "the command is gone")


async def test_a_run_is_removed_only_once_its_runner_is_gone(bench: Workbench) -> None:
    run_id = await bench.begin(shell("sleep 1000"))
    with pytest.raises(RunBegun):
        await bench.runs.remove(run_id)
    await bench.runs.stop(run_id, 0)
    await bench.runs.wait(run_id)
    assert await bench.runs.run_ids() == [run_id]
    await bench.runs.remove(run_id)
    await bench.runs.remove(run_id)
    assert await bench.runs.run_ids() == []
    assert (await bench.runs.look(run_id)).phase is Phase.UNKNOWN
    assert not (bench.folder / run_id).exists()


@pytest.mark.parametrize("run_id", ["", "..", "a/b", ".hidden", "a\n", "x" * 81])
async def test_no_id_leads_out_of_the_folder(bench: Workbench, run_id: str) -> None:
    with pytest.raises(ValueError, match="no id of a run"):
        await bench.runs.look(run_id)
