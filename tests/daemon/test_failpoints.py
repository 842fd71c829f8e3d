"""Failpoints do nothing outside tests, and each one that exists is used by a test."""

import ast
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import djobs_daemon
from djobs_local.failpoints import compile_failpoints
from tests.harness.gate import Gate
from tests.harness.waiting import PATIENCE_SECONDS

SOURCE = Path(djobs_daemon.__file__).parent
TESTS = Path(__file__).parent.parent


def names_in_source() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "failpoint":
                (argument,) = node.args
                assert isinstance(argument, ast.Constant), f"{path}: a name must be a literal"
                yield str(argument.value)


def test_every_failpoint_is_used_by_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in TESTS.rglob("*.py"))
    used = set(
        re.findall(r"([a-z_]+\.[a-z0-9_]+)=(?:kill9|segv|exit|sleep|hang|gate|raise)", tests)
    )
    assert set(names_in_source()) - used == set()


def test_no_name_stands_for_two_places() -> None:
    names = list(names_in_source())
    assert len(names) == len(set(names))
    assert len(names) > 5, "the search finds nothing"


def test_nothing_happens_without_the_test_variable() -> None:
    failpoint = compile_failpoints({"DJOBS_FP": "a.b=raise:EIO"})
    failpoint("a.b")


def test_a_failpoint_raises_what_it_is_told() -> None:
    failpoint = compile_failpoints({"DJOBS_FP": "a.b=raise:ENOSPC,c.d=sleep:0", "DJOBS_TEST": "1"})
    failpoint("c.d")
    failpoint("other")
    with pytest.raises(OSError, match="No space left"):
        failpoint("a.b")


def test_a_failpoint_can_wait_for_its_nth_passage() -> None:
    failpoint = compile_failpoints({"DJOBS_FP": "a.b=raise:EIO@3", "DJOBS_TEST": "1"})
    failpoint("a.b")
    failpoint("a.b")
    with pytest.raises(OSError, match="Input/output"):
        failpoint("a.b")
    failpoint("a.b")


def test_a_gate_holds_whoever_comes_until_it_is_open_and_again_once_it_is_shut(
    tmp_path: Path,
) -> None:
    gate = Gate(tmp_path / "gate")
    failpoint = compile_failpoints({"DJOBS_FP": f"a.b=gate:{gate}", "DJOBS_TEST": "1"})
    for _ in range(2):
        passing = threading.Thread(target=failpoint, args=("a.b",))
        passing.start()
        gate.wait_reached()
        assert passing.is_alive()
        gate.open()
        passing.join(PATIENCE_SECONDS)
        assert not passing.is_alive()
        failpoint("a.b")
        gate.shut()


def test_an_unknown_action_is_a_mistake_of_the_test() -> None:
    failpoint = compile_failpoints({"DJOBS_FP": "a.b=frog", "DJOBS_TEST": "1"})
    with pytest.raises(ValueError, match="frog"):
        failpoint("a.b")
