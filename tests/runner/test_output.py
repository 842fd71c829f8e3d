"""Output is kept in order, bounded, and never makes the work wait (R36)."""

import hashlib
import os
import signal
from pathlib import Path

import pytest

from tests.runner.workbench import PYTHON, Workbench, python, shell

KIB = 1024
MIB = 1024 * KIB


async def test_both_streams_are_one_in_the_order_of_writing(bench: Workbench) -> None:
    run_id = await bench.begin(shell("for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done"))
    await bench.result(run_id)
    assert (await bench.output(run_id)).split() == b"o1 e1 o2 e2 o3 e3 o4 e4 o5 e5".split()


async def test_streams_may_be_kept_apart(bench: Workbench) -> None:
    run_id = await bench.begin(shell("echo o; echo e >&2", stderr="apart"))
    result = await bench.result(run_id)
    assert await bench.output(run_id) == b"o\n"
    assert await bench.output(run_id, "err") == b"e\n"
    assert {name: stream.total_bytes for name, stream in result.log.items()} == {"out": 2, "err": 2}


async def test_every_byte_is_kept_as_it_was(bench: Workbench) -> None:
    run_id = await bench.begin(python("import os; os.write(1, bytes(range(256)) * 1000)"))
    await bench.result(run_id)
    assert await bench.output(run_id) == bytes(range(256)) * 1000


NUMBERED = "import sys\nfor i in range({lines}): sys.stdout.write('%015d\\n' % i)"
"""Lines of 16 bytes, so that each byte tells where it is from."""


async def test_of_a_flood_the_beginning_and_the_end_are_kept_and_the_gap_is_said(
    bench: Workbench,
) -> None:
    lines = 1_000_000
    what = python(
        NUMBERED.format(lines=lines), log_head_bytes=64 * KIB + 5, log_tail_bytes=256 * KIB
    )
    run_id = await bench.begin(what)
    result = await bench.result(run_id)
    end = lines * 16
    assert result.log["out"].total_bytes == end
    kept = sum(path.stat().st_size for path in (bench.folder / run_id).glob("out.*"))
    assert kept <= 64 * KIB + 5 + 256 * KIB

    page = await bench.runs.read_log(run_id, 0, 10 * MIB)
    assert page.data == b"".join(b"%015d\n" % i for i in range(5000))[: 64 * KIB + 5]
    after = await bench.runs.read_log(run_id, page.next_offset, 10 * MIB)
    assert after.missing == after.offset - page.next_offset > 0
    assert after.next_offset == after.end == end
    assert len(after.data) >= 256 * KIB * 3 // 4 - 64 * KIB
    first = -(-after.offset // 16)
    assert after.data[first * 16 - after.offset :] == b"".join(
        b"%015d\n" % i for i in range(first, lines)
    )


async def test_one_endless_line_is_bounded_like_any_other(bench: Workbench) -> None:
    program = "import os\nfor _ in range(64): os.write(1, b'x' * 65536)"
    run_id = await bench.begin(python(program, log_head_bytes=1000, log_tail_bytes=4000))
    assert (await bench.result(run_id)).log["out"].total_bytes == 64 * 65536
    kept = sum(path.stat().st_size for path in (bench.folder / run_id).glob("out.*"))
    assert kept <= 5000


async def test_output_is_read_from_any_offset_while_it_grows(
    bench: Workbench, tmp_path: Path
) -> None:
    script = "echo first; while [ ! -e go ]; do sleep 0.01; done; echo second"
    run_id = await bench.begin(shell(script, cwd=str(tmp_path)))
    await bench.until_output(run_id, b"first\n")
    page = await bench.runs.read_log(run_id, 2, 3)
    assert (page.offset, page.data, page.next_offset, page.end) == (2, b"rst", 5, 6)
    assert (await bench.runs.read_log(run_id, 6, 100)).data == b""
    (tmp_path / "go").touch()
    await bench.result(run_id)
    assert (await bench.runs.read_log(run_id, 6, 100)).data == b"second\n"
    assert (await bench.runs.read_log(run_id, -3, 100)).data == b"nd\n"


async def test_a_grandchild_that_keeps_the_pipe_does_not_hold_up_the_end(bench: Workbench) -> None:
    holding = f"{PYTHON} -I -S -c 'import time; time.sleep(1000)' & echo $!; exit 5"
    run_id = await bench.begin(shell(holding))
    result = await bench.result(run_id)
    assert result.exit_code == 5
    assert result.elapsed_ms < 10_000, "two seconds, and a loaded machine's"
    (pid,) = await bench.printed_pids(run_id, 1)
    assert result.survivors == (pid,)
    os.kill(pid, signal.SIGKILL)


async def test_what_is_printed_after_the_end_of_the_command_is_kept(bench: Workbench) -> None:
    run_id = await bench.begin(shell("(sleep 0.3; echo late) & echo early"))
    await bench.result(run_id)
    assert await bench.output(run_id) == b"early\nlate\n"


@pytest.mark.parametrize("head", [0, 100, 1 << 30])
async def test_all_is_kept_that_fits(bench: Workbench, head: int) -> None:
    run_id = await bench.begin(
        python(NUMBERED.format(lines=5000), log_head_bytes=head, log_tail_bytes=MIB)
    )
    await bench.result(run_id)
    expected = b"".join(b"%015d\n" % i for i in range(5000))
    assert hashlib.sha256(await bench.output(run_id)).digest() == hashlib.sha256(expected).digest()
