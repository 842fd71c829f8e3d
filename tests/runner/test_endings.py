"""How a run ended is known exactly."""

import os
import signal
from pathlib import Path

import pytest

from djobs_daemon.executors.orders import Limits
from djobs_daemon.executors.results import End
from tests.runner.workbench import Workbench, order, python, shell


@pytest.mark.parametrize("code", [0, 1, 77, 126, 127, 255])
async def test_an_exit_code_is_the_commands_own(bench: Workbench, code: int) -> None:
    result = await bench.do(shell(f"exit {code}"))
    assert (result.end, result.exit_code, result.signal) == (End.EXITED, code, None)
    assert result.failure is None
    assert result.survivors == ()


async def test_a_signal_is_no_exit_code(bench: Workbench) -> None:
    result = await bench.do(shell("kill -SEGV $$"))
    assert (result.end, result.exit_code) == (End.EXITED, None)
    assert result.signal == signal.SIGSEGV


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "PIPE", "TERM", "USR1"])
async def test_every_signal_has_its_default_meaning(bench: Workbench, name: str) -> None:
    result = await bench.do(shell(f"kill -{name} $$; echo survived"))
    assert result.signal == signal.Signals[f"SIG{name}"]


@pytest.mark.parametrize(
    ("argv", "cwd", "step", "words"),
    [
        (["no-such-program"], "/", "program", "PATH"),
        (["/no/such/program"], "/", "program", "No such file"),
        (["/etc/passwd"], "/", "program", "Permission denied"),
        (["true"], "/no/such/folder", "cwd", "No such file"),
    ],
)
async def test_a_command_that_cannot_be_executed_did_not_exit(
    bench: Workbench, argv: list[str], cwd: str, step: str, words: str
) -> None:
    result = await bench.do(order(*argv, cwd=cwd))
    assert (result.end, result.exit_code, result.signal) == (End.LAUNCH_FAILED, None, None)
    assert result.failure is not None
    assert result.failure.step == step
    assert words in result.failure.text


async def test_a_missing_input_file_is_a_failed_launch(bench: Workbench) -> None:
    result = await bench.do(order("cat", stdin="/no/such/file"))
    assert result.failure is not None
    assert result.failure.step == "stdin"


async def test_an_input_that_is_no_file_is_not_waited_for(bench: Workbench, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    result = await bench.do(order("cat", stdin=str(tmp_path / "fifo")))
    assert result.failure is not None
    assert (result.failure.step, result.failure.text) == ("stdin", "not a regular file")


async def test_what_was_used_is_counted(bench: Workbench) -> None:
    program = "x = b'x' * 60_000_000\nfor i in range(3_000_000): pass"
    result = await bench.do(python(program))
    assert result.max_rss_bytes > 60_000_000
    assert result.cpu_user_ms > 10
    assert result.started_ms <= result.ended_ms
    assert result.elapsed_ms > 0


async def test_a_command_gets_exactly_what_its_order_says(bench: Workbench, tmp_path: Path) -> None:
    what = shell(
        'echo "$(pwd) $(umask) $(ulimit -n) $X"; env | sort; readlink /proc/self/fd/* | sort -u',
        cwd=str(tmp_path),
        env={"PATH": os.environ["PATH"], "X": "me", "DJOBS_JOB": "j1aa"},
        umask=0o027,
        limits=Limits(open_files=512),
    )
    run_id = await bench.begin(what)
    await bench.result(run_id)
    first, *rest = (await bench.output(run_id)).decode().splitlines()
    assert first == f"{tmp_path} 0027 512 me"
    names = {line.partition("=")[0] for line in rest if "=" in line}
    assert names <= {"PATH", "X", "DJOBS_JOB", "PWD", "SHLVL", "OLDPWD", "_"}
    files = [line for line in rest if "=" not in line]
    assert [line for line in files if str(bench.folder) in line] == []


async def test_names_that_are_no_unicode_are_kept(bench: Workbench) -> None:
    odd = os.fsdecode(b"\xff\xfe")
    run_id = await bench.begin(order("printf", "%s%s", odd, "ü", env={"PATH": "/bin:/usr/bin"}))
    await bench.result(run_id)
    assert await bench.output(run_id) == b"\xff\xfe\xc3\xbc"


@pytest.mark.parametrize("script", ["cat", "read x || true"])
async def test_a_command_that_asks_ends_at_once(bench: Workbench, script: str) -> None:
    assert (await bench.do(shell(script))).exit_code == 0


async def test_a_declared_file_is_standard_input(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("given")
    run_id = await bench.begin(order("cat", stdin=str(tmp_path / "in")))
    await bench.result(run_id)
    assert await bench.output(run_id) == b"given"


async def test_the_order_is_for_its_owner_only(bench: Workbench) -> None:
    run_id = await bench.begin(order("true", env={"SECRET": "planted-token"}))
    await bench.result(run_id)
    folder = bench.folder / run_id
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
        if path.is_file() and path.name != "order.json":
            assert b"planted-token" not in path.read_bytes()
