"""A stop reaches the whole tree of processes, and says what survived (R11)."""

import os
import signal
import subprocess
from pathlib import Path

import anyio
import pytest

from djobs_daemon.executors import commanding
from djobs_daemon.executors.commanding import Refused, RunnerMute
from djobs_daemon.executors.results import End
from djobs_daemon.executors.standing import Phase
from djobs_local import identity
from djobs_runner import tree
from tests.harness import needs
from tests.harness.gate import Gate
from tests.harness.waiting import PATIENCE_SECONDS, wait_until
from tests.runner.workbench import PYTHON, Workbench, alive, order, python, shell

IGNORING = "trap '' TERM; echo $$; while :; do sleep 1000 & wait; done"
FORKED_TWICE = f"""
setsid {PYTHON} -I -S -c '
import os, signal, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"%d\\n" % os.getpid())
os.closerange(0, 3)
time.sleep(1000)
'
"""
TREES = {
    "a child in the background": ("sleep 1000 & echo $!; echo $$; wait", 2),
    "one that ignores SIGTERM": (IGNORING, 1),
    "one that forked twice into a session of its own": (FORKED_TWICE + "echo $$; sleep 1000", 2),
    "one that stopped itself": ("echo $$; kill -STOP $$; sleep 1000", 1),
}


@pytest.mark.parametrize("family", TREES.values(), ids=TREES.keys())
async def test_a_stop_ends_every_process(bench: Workbench, family: tuple[str, int]) -> None:
    needs.linux("elsewhere only the process group is known")
    script, count = family
    run_id = await bench.begin(shell(script))
    pids = await bench.printed_pids(run_id, count)
    assert all(alive(pid) for pid in pids)
    assert await bench.runs.stop(run_id, 300)
    result = await bench.result(run_id)
    assert result.end is End.STOPPED
    assert result.stopped_by == "order"
    assert [pid for pid in pids if alive(pid)] == []
    assert result.survivors == ()


async def test_a_command_that_obeys_is_not_killed_and_says_its_own_code(bench: Workbench) -> None:
    run_id = await bench.begin(shell("trap 'echo bye; exit 9' TERM; echo up; sleep 1000 & wait"))
    await bench.until_output(run_id, b"up")
    await bench.runs.stop(run_id, 20_000)
    result = await bench.result(run_id)
    assert (result.end, result.exit_code, result.killed) == (End.STOPPED, 9, False)
    assert await bench.output(run_id) == b"up\nbye\n"


async def test_what_a_command_starts_in_order_to_end_is_left_to_do_it(bench: Workbench) -> None:
    tidying = 'sh -c "sleep 0.5; echo tidied"'
    cleanup = f"trap '{tidying}; sleep 1000 & exit 9' TERM; echo up; sleep 1000 & wait"
    run_id = await bench.begin(shell(cleanup))
    await bench.until_output(run_id, b"up")
    await bench.runs.stop(run_id, 600_000)
    result = await bench.result(run_id)
    assert (result.exit_code, result.killed) == (9, False)
    assert b"tidied" in await bench.output(run_id)


COUNTING = f"""
{PYTHON} -I -S -c '
import signal, time
got = []
signal.signal(signal.SIGTERM, lambda *_: got.append(1))
print("up", flush=True)
while not got: time.sleep(0.01)
time.sleep(1)
print("got", len(got))
' & wait
"""


async def test_no_process_is_asked_twice(bench: Workbench) -> None:
    run_id = await bench.begin(shell(COUNTING))
    await bench.until_output(run_id, b"up")
    await bench.runs.stop(run_id, 600_000)
    await bench.result(run_id)
    assert await bench.output(run_id) == b"up\ngot 1\n"


RABBIT = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"up")
while True:
    time.sleep(0.003)
    if os.fork(): os._exit(0)
"""


async def test_a_process_that_runs_away_by_forking_is_stopped_and_caught(bench: Workbench) -> None:
    needs.linux("elsewhere only the process group is known")
    run_id = await bench.begin(shell(f"{PYTHON} -I -S -c '{RABBIT}' & exec sleep 1000"))
    await bench.until_output(run_id, b"up")
    assert await bench.runs.pause(run_id)
    runner = bench.runner(run_id).pid
    everybody = list(tree.LinuxTree().everybody())
    children = {each.pid for each in everybody if each.parent == runner}
    mine = [each for each in everybody if each.parent in {runner, *children}]
    assert len(mine) >= 2, "sleep and the rabbit"
    assert [each.state for each in mine if each.state not in b"TZ"] == []
    assert await bench.runs.resume(run_id)
    assert await bench.runs.stop(run_id, 0)
    assert (await bench.result(run_id)).survivors == ()


async def test_one_that_ignores_it_is_killed_after_the_grace(bench: Workbench) -> None:
    run_id = await bench.begin(shell(IGNORING))
    await bench.printed_pids(run_id, 1)
    await bench.runs.stop(run_id, 200)
    result = await bench.result(run_id)
    assert (result.signal, result.killed) == (signal.SIGKILL, True)


async def test_a_second_stop_may_shorten_the_grace(bench: Workbench) -> None:
    run_id = await bench.begin(shell(IGNORING))
    await bench.printed_pids(run_id, 1)
    await bench.runs.stop(run_id, 3_600_000)
    await bench.runs.stop(run_id, 0)
    assert (await bench.result(run_id)).signal == signal.SIGKILL


async def test_a_paused_tree_stands_still_and_can_be_resumed(bench: Workbench) -> None:
    ticking = "import time\nwhile True: print('tick', flush=True); time.sleep(0.01)"
    run_id = await bench.begin(python(ticking))
    await bench.until_output(run_id, b"tick")
    assert await bench.runs.pause(run_id)
    assert (await bench.runs.look(run_id)).paused
    printed = await bench.output(run_id)
    await anyio.sleep(0.2)
    # What was in the pipe when it stopped may still arrive.
    settled = await bench.output(run_id)
    assert len(settled) - len(printed) < 1000
    await anyio.sleep(0.2)
    assert await bench.output(run_id) == settled
    assert await bench.runs.resume(run_id)
    assert not (await bench.runs.look(run_id)).paused
    await bench.until_output(run_id, b"tick", settled.count(b"tick") + 1)


async def test_a_paused_run_obeys_a_stop(bench: Workbench) -> None:
    run_id = await bench.begin(shell("trap 'exit 4' TERM; echo up; sleep 1000 & wait"))
    await bench.until_output(run_id, b"up")
    await bench.runs.pause(run_id)
    await bench.runs.stop(run_id, 20_000)
    result = await bench.result(run_id)
    assert (result.exit_code, result.killed) == (4, False)
    assert not (await bench.runs.look(run_id)).paused


async def test_a_runner_that_is_asked_to_end_stops_its_run(bench: Workbench) -> None:
    run_id = await bench.begin(shell("trap 'exit 4' TERM; echo up; sleep 1000 & wait"))
    await bench.until_output(run_id, b"up")
    identity.send_signal(bench.runner(run_id), signal.SIGTERM)
    result = await bench.result(run_id)
    assert (result.end, result.stopped_by, result.exit_code) == (End.STOPPED, "signal", 4)


async def test_a_runner_that_stands_still_is_mute_and_obeys_later(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await bench.begin(shell("echo up; sleep 1000"))
    await bench.until_output(run_id, b"up")
    runner = bench.runner(run_id)
    identity.send_signal(runner, signal.SIGSTOP)
    monkeypatch.setattr(commanding, "ANSWER_SECONDS", 0.2)
    with pytest.raises(RunnerMute):
        await bench.runs.stop(run_id, 0)
    assert (await bench.runs.look(run_id)).phase is Phase.RUNNING
    identity.send_signal(runner, signal.SIGCONT)
    assert (await bench.result(run_id)).end is End.STOPPED


async def test_a_runner_that_dies_of_a_command_is_no_runner(bench: Workbench) -> None:
    """Its command dies with it; a child of that would stand still for ever, nobody's and unseen."""
    bench.with_faults("run.pause=kill9")
    run_id = await bench.begin(shell("exec sleep 1000"))
    with anyio.fail_after(PATIENCE_SECONDS):
        assert not await bench.runs.pause(run_id)
    assert (await bench.runs.wait(run_id)).phase is Phase.LOST
    assert list((bench.folder / run_id).glob("ack-*")) == []


def test_a_process_that_is_another_by_now_gets_no_signal() -> None:
    needs.linux("elsewhere the group's number is what is signalled")
    stranger = subprocess.Popen([PYTHON, "-I", "-S", "-c", "import time; time.sleep(60)"])
    try:
        found = tree.read_member(stranger.pid)
        assert found is not None
        forged = tree.Member(found.pid, found.parent, found.start - 1, found.state, b"")
        tree.send_to(forged, signal.SIGKILL)
        with pytest.raises(subprocess.TimeoutExpired):
            stranger.wait(0.2)
        tree.send_to(found, signal.SIGKILL)
        assert stranger.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_child_is_not_frozen_before_it_executes(bench: Workbench, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    bench.with_faults(f"run.becoming=gate:{gate}")
    run_id = await bench.begin(shell("echo up; sleep 1000"))
    with gate:
        gate.wait_reached()
        async with anyio.create_task_group() as group:
            group.start_soon(bench.runs.pause, run_id)
            await anyio.sleep(0.5)
            assert not (await bench.runs.look(run_id)).paused
            gate.open()
    assert (await bench.runs.look(run_id)).paused


async def test_what_ended_by_itself_was_not_stopped(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = "echo $$; while [ ! -e go ]; do sleep 0.01; done; exit 3"
    run_id = await bench.begin(shell(script, cwd=str(tmp_path)))
    (pid,) = await bench.printed_pids(run_id, 1)
    identity.send_signal(bench.runner(run_id), signal.SIGSTOP)
    (tmp_path / "go").touch()
    wait_until(lambda: not alive(pid), "it has ended, and the runner does not know")
    monkeypatch.setattr(commanding, "ANSWER_SECONDS", 0.2)
    with pytest.raises(RunnerMute):
        await bench.runs.stop(run_id, 0)
    identity.send_signal(bench.runner(run_id), signal.SIGCONT)
    result = await bench.result(run_id)
    assert (result.end, result.exit_code) == (End.EXITED, 3)


async def test_a_command_that_is_killed_while_it_is_paused_leaves_nobody_frozen(
    bench: Workbench,
) -> None:
    needs.linux("elsewhere only the process group is known")
    run_id = await bench.begin(shell("(sleep 0.1; echo late) & echo $$; wait"))
    (pid,) = await bench.printed_pids(run_id, 1)
    await bench.runs.pause(run_id)
    os.kill(pid, signal.SIGKILL)
    result = await bench.result(run_id)
    assert (result.end, result.signal) == (End.EXITED, signal.SIGKILL)
    assert not (await bench.runs.look(run_id)).paused
    assert (await bench.output(run_id)).endswith(b"late\n")


async def test_a_pause_that_cannot_be_recorded_is_refused_and_undone(bench: Workbench) -> None:
    bench.with_faults("run.pause=raise:ENOSPC")
    run_id = await bench.begin(shell("echo up; sleep 0.5; echo on; sleep 1000"))
    await bench.until_output(run_id, b"up")
    with pytest.raises(Refused, match="No space left"):
        await bench.runs.pause(run_id)
    assert not (await bench.runs.look(run_id)).paused
    await bench.until_output(run_id, b"on")


async def test_the_duration_ends_a_run_and_says_so_in_its_output(bench: Workbench) -> None:
    run_id = await bench.begin(shell("printf half; sleep 1000", max_duration_ms=300))
    result = await bench.result(run_id)
    assert result.end is End.DURATION
    assert await bench.output(run_id) == b"half\nDuration limit reached\n"


async def test_the_duration_does_not_count_while_paused(bench: Workbench) -> None:
    run_id = await bench.begin(shell("echo up; sleep 0.6", max_duration_ms=1500))
    await bench.until_output(run_id, b"up")
    await bench.runs.pause(run_id)
    await anyio.sleep(1.6)
    await bench.runs.resume(run_id)
    result = await bench.result(run_id)
    assert (result.end, result.exit_code) == (End.EXITED, 0)
    assert result.paused_ms >= 1500


async def test_what_a_command_leaves_running_is_named_and_lives(bench: Workbench) -> None:
    needs.linux("elsewhere only the process group is known")
    run_id = await bench.begin(shell("sleep 1000 >/dev/null 2>&1 & echo $!"))
    result = await bench.result(run_id)
    (pid,) = await bench.printed_pids(run_id, 1)
    try:
        assert result.survivors == (pid,)
        assert alive(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


async def test_what_a_command_leaves_running_is_stopped_if_its_order_says_so(
    bench: Workbench,
) -> None:
    what = shell("sleep 1000 >/dev/null 2>&1 & echo $!; exit 3", kill_leftovers=True)
    run_id = await bench.begin(what)
    result = await bench.result(run_id)
    (pid,) = await bench.printed_pids(run_id, 1)
    assert (result.end, result.exit_code, result.survivors) == (End.EXITED, 3, ())
    wait_until(lambda: not alive(pid), "it is gone")


async def test_a_run_that_has_ended_has_nobody_to_stop_it(bench: Workbench) -> None:
    run_id = await bench.begin(order("true"))
    await bench.result(run_id)
    assert not await bench.runs.stop(run_id, 0)
    assert not await bench.runs.pause(run_id)
    assert not await bench.runs.resume("never-made")
