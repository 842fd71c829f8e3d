"""A command is judged by what it does when it is started."""

import os
import sys

import pytest

from djobs_setup.probing import Probe, probe

ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"djobs","version":"9"}}}'
FAST = 0.3
"""For what never answers."""


def program(code: str, timeout: float = 10.0) -> Probe:
    return probe(
        [sys.executable, "-I", "-S", "-c", f"import sys, time\n{code}"], os.environ, timeout
    )


def test_a_server_that_answers_is_named() -> None:
    found = program(f"sys.stdin.readline(); print({ANSWER!r}, flush=True); sys.stdin.read()")
    assert found.ok
    assert found.server == "djobs 9"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit('no module')", "It ended with status 1: no module"),
        ("sys.stdin.readline(); print('hello')", "What it answered is not MCP."),
        ("sys.stdin.readline(); print('{}')", "What it answered is not MCP."),
    ],
)
def test_a_command_that_does_not_serve_says_how(code: str, said: str) -> None:
    found = program(code)
    assert not found.ok
    assert found.problem == said


def test_a_command_that_says_nothing_is_ended_in_time() -> None:
    found = program("sys.stdin.readline(); time.sleep(60)", FAST)
    assert found.problem == "It did not answer within 0.3 s."
    assert FAST <= found.seconds < 30


def test_a_command_that_is_not_there_is_named() -> None:
    assert probe(["/no/such/python"], {}).problem == "/no/such/python: No such file or directory."
    assert not probe([], {}).ok


def test_a_daemon_that_was_stopped_on_purpose_is_told_apart() -> None:
    found = program("sys.stderr.write('djobs-mcp: stopped\\n'); sys.exit(79)")
    assert found.stopped
    assert found.problem == "djobs-mcp: stopped"
