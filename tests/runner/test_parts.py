"""The runner's own small versions of big modules say what the big ones say."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import djobs_runner
from djobs_daemon.executors import spawning
from djobs_daemon.executors.runs import Runs
from djobs_local import identity, run_folder
from djobs_runner import control, myself, small_json
from tests.runner.workbench import shell, workbench_in

SOURCE = Path(djobs_runner.__file__).parent
TESTS = Path(__file__).parent.parent

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_is_written_and_read_as_everybody_does(value: Any) -> None:
    assert json.loads(small_json.dumps(value)) == value
    assert small_json.loads(json.dumps(value)) == value
    assert small_json.dumps(value).isascii()


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{} {}", "nul", '"\\ud8'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any complaint will do
        small_json.loads(text)


def test_the_identity_is_the_one_that_everybody_compares() -> None:
    assert myself.identity_record() == identity.of_self().to_record()


@pytest.mark.parametrize(
    ("line", "verb", "grace", "answer"),
    [
        (b"stop 500 ack-0a", "stop", 500, "ack-0a"),
        (b"stop 99999999999 -", "stop", control.GRACE_MS_MAX, "-"),
        (b"pause -", "pause", None, "-"),
        (b"resume ack-f", "resume", None, "ack-f"),
    ],
)
def test_a_command_is_understood(line: bytes, verb: str, grace: int | None, answer: str) -> None:
    command = control.parse(line)
    assert command is not None
    assert (command.verb, command.grace_ms, command.acknowledgement) == (verb, grace, answer)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"stop",
        b"stop -1 -",
        b"stop 1",
        b"stop 111111111111 -",
        b"pause 1 -",
        b"kill -",
        b"\xff -",
        b"pause ack-../../x",
        b"pause order.json",
        b"pause ack-",
    ],
)
def test_what_is_no_command_is_passed_over(line: bytes) -> None:
    assert control.parse(line) is None


def test_commands_of_several_writers_are_whole_lines(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / run_folder.CONTROL)
    reading = control.Control(str(tmp_path))
    with open(tmp_path / run_folder.CONTROL, "wb", buffering=0) as first:
        first.write(b"pause -\nst")
        assert [command.verb for command in reading.read()] == ["pause"]
        first.write(b"op 1 -\n" + b"x" * 1000)
        assert [command.verb for command in reading.read()] == ["stop"]
        first.write(b"\nresume -\n")
        assert [command.verb for command in reading.read()] == ["resume"]
        assert reading.read() == []
    os.close(reading.fd)


def failpoints() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "failpoint":
                (argument,) = node.args
                assert isinstance(argument, ast.Constant)
                yield str(argument.value)


def test_every_failpoint_of_a_runner_is_used_by_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in TESTS.rglob("*.py"))
    names = list(failpoints())
    assert len(names) == len(set(names)) > 5
    assert set(names) - set(re.findall(r"(run\.[a-z_]+)=(?:kill9|raise|gate)", tests)) == set()


def modules(statement: str) -> set[str]:
    command, *_ = spawning.runner_command("")
    paths = [str(SOURCE.parent), str(Path(run_folder.__file__).parent.parent)]
    program = f"import sys; sys.path += {paths!r}; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [command, "-I", "-S", "-c", program], env={}, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


LIGHT = {"os", "fcntl", "resource", "select", "errno", "_json", "_ctypes", "time", "stat"}


def test_a_runner_brings_no_more_than_it_needs() -> None:
    """In modules, not in seconds: ``enum`` or ``json`` alone would be a third of its start."""
    extra = modules("import djobs_runner.life") - modules("import os")
    assert {name for name in extra if not name.startswith("djobs_")} <= LIGHT
    ours = {name for name in extra if name.startswith("djobs_") and "runner" not in name}
    assert ours == {
        "djobs_local",
        "djobs_local.locks",
        "djobs_local.plain_file",
        "djobs_local.run_folder",
    }


SPY = """
import os, runpy, sys
told = sys.argv.pop(1)
def hook(event, arguments):
    if event == "import":
        note = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(note, str(arguments[0]).encode() + b"\\n")
        os.close(note)
sys.addaudithook(hook)
sys.argv[0] = sys.argv.pop(1)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


async def test_nothing_is_imported_once_a_runner_is_ready(tmp_path: Path) -> None:
    """The installation may be replaced while a job runs for days (R46)."""
    told = tmp_path / "imports"

    def spied(folder: str) -> list[str]:
        interpreter, isolated, siteless, *rest = spawning.runner_command(folder)
        return [interpreter, isolated, siteless, "-c", SPY, str(told), *rest]

    async with workbench_in(tmp_path / "runs") as bench:
        bench.runs = Runs(str(bench.folder), os.environ, spied)
        handle = await bench.spawn(shell("sleep 0.1 & echo x; kill -TERM $$", kill_leftovers=True))
        before = told.read_text().split()
        assert "djobs_runner.life" in before, "the hook sees nothing"
        bench.runs.go(handle)
        await bench.result(handle.run_id)
        assert told.read_text().split()[len(before) :] == []


def test_the_interpreter_of_a_runner_is_named_by_its_path() -> None:
    interpreter, *flags, program, folder = spawning.runner_command("/runs/1")
    assert os.path.isabs(interpreter)
    assert os.path.realpath(interpreter) == os.path.realpath(sys.executable)
    assert flags == ["-I", "-S"]
    assert os.path.isfile(program)
    assert folder == "/runs/1"
