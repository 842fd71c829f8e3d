"""A full disk never ends, blocks or forgets a run (R8)."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from djobs_daemon.executors.results import End
from djobs_daemon.executors.spawning import NotSpawned
from djobs_daemon.executors.standing import Phase
from tests.harness import needs
from tests.harness.waiting import PATIENCE_SECONDS
from tests.runner.workbench import Workbench, order, python, shell, workbench_in

DISK_BYTES = 1 << 20
PAGE_BYTES = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a small file system."""
    folder = tmp_path / "disk"
    folder.mkdir(mode=0o700)
    with needs.small_disk(folder, DISK_BYTES):
        yield folder


@pytest.fixture
async def small(disk: Path) -> AsyncIterator[Workbench]:
    """Return runs on a small file system; whatever still runs at the end is killed."""
    async with workbench_in(disk / "runs") as made:
        yield made


def fill(disk: Path) -> Path:
    """Leave no free block, and return what takes them."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * PAGE_BYTES)
    return ballast


def gated(script: str, folder: Path) -> str:
    return script.replace(
        "GATE", f"while [ ! -e {folder}/go ]; do sleep 0.01; done; rm {folder}/go"
    )


async def test_a_run_ends_with_its_own_code_while_nothing_can_be_written(
    small: Workbench, disk: Path, tmp_path: Path
) -> None:
    run_id = await small.begin(shell(gated("echo up; GATE; echo lost; exit 5", tmp_path)))
    await small.until_output(run_id, b"up")
    fill(disk)
    (tmp_path / "go").touch()
    result = await small.result(run_id)
    assert (result.end, result.exit_code) == (End.EXITED, 5)


async def test_a_flood_into_a_full_disk_is_counted_and_holds_nobody_up(
    small: Workbench, disk: Path
) -> None:
    fill(disk)
    os.truncate(disk / "ballast", DISK_BYTES // 2)
    program = "import os\nfor _ in range(320): os.write(1, b'x' * 65536)"
    run_id = await small.begin(python(program))
    result = await small.result(run_id)
    assert result.exit_code == 0
    stream = result.log["out"]
    assert stream.total_bytes == 320 * 65536
    assert stream.error == os.strerror(28)
    kept = sum(path.stat().st_size for path in (small.folder / run_id).glob("out.*"))
    assert stream.dropped_bytes == stream.total_bytes - kept > 0


async def test_output_goes_on_after_a_gap_once_there_is_space(
    small: Workbench, disk: Path, tmp_path: Path
) -> None:
    script = "echo up; GATE; seq 100000; GATE; sleep 0.5; echo after"
    run_id = await small.begin(shell(gated(script, tmp_path)))
    await small.until_output(run_id, b"up")
    ballast = fill(disk)
    (tmp_path / "go").touch()
    with anyio.fail_after(PATIENCE_SECONDS):
        while (tmp_path / "go").exists():  # noqa: ASYNC110 - nothing announces it
            await anyio.sleep(0.01)
    await anyio.sleep(0.5)
    ballast.unlink()
    (tmp_path / "go").touch()
    result = await small.result(run_id)
    assert result.log["out"].dropped_bytes > 0
    page = await small.runs.read_log(run_id, -6, 100)
    assert page.data == b"after\n"
    first = await small.runs.read_log(run_id, 0, 1 << 20)
    gap = await small.runs.read_log(run_id, first.next_offset, 1 << 20)
    assert gap.missing > 0
    assert gap.end == result.log["out"].total_bytes


async def test_a_retry_on_a_full_disk_pushes_nothing_out(small: Workbench, disk: Path) -> None:
    program = """
import os, time
for _ in range(30): os.write(1, b'x' * 4096)
os.write(1, b'kept')
open(f'{os.getcwd()}/up', 'w').close()
while not os.path.exists('go'): time.sleep(0.01)
for _ in range(20): os.write(1, b'y' * 100); time.sleep(0.05)
"""
    what = python(program, cwd=str(disk), log_head_bytes=0, log_tail_bytes=1 << 18)
    run_id = await small.begin(what)
    await small.until_output(run_id, b"kept")
    fill(disk)
    # The current segment's own last page has room for a little.
    (disk / "ballast").touch()
    os.rename(disk / "up", disk / "go")
    result = await small.result(run_id)
    assert result.exit_code == 0
    assert b"kept" in (await small.runs.read_log(run_id, 0, 1 << 20)).data


async def test_a_result_waits_for_the_disk_if_it_has_to(bench: Workbench) -> None:
    bench.with_faults("run.write_result=raise:ENOSPC@1")
    result = await bench.do(shell("exit 3"))
    assert result.exit_code == 3


async def test_on_a_full_disk_no_runner_begins(small: Workbench, disk: Path) -> None:
    await small.runs.prepare("r", order("true"))
    ballast = fill(disk)
    with pytest.raises(NotSpawned) as refused:
        await small.runs.spawn("r")
    assert (refused.value.step, refused.value.number) == ("record", 28)
    with pytest.raises(OSError, match="No space left"):
        await small.runs.prepare("another", order("true"))
    assert (await small.runs.look("r")).phase is Phase.NEVER_RAN
    ballast.unlink()
    small.runs.go(await small.runs.spawn("r"))
    assert (await small.result("r")).exit_code == 0


async def test_a_start_that_cannot_be_recorded_executes_nothing(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.with_faults("run.go=raise:ENOSPC")
    handle = await bench.spawn(order("touch", str(tmp_path / "ran")))
    bench.runs.go(handle)
    with anyio.fail_after(PATIENCE_SECONDS):
        assert (await bench.runs.wait(handle.run_id)).phase is Phase.NEVER_RAN
    assert not (tmp_path / "ran").exists()
    assert "No space left" in (bench.folder / handle.run_id / "runner.err").read_text()
