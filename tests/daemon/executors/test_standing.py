"""What a run's files and lock mean."""

import itertools

import pytest

from djobs_daemon.executors.results import End, Result, decode
from djobs_daemon.executors.standing import Facts, Phase, reconcile

RESULT = Result(End.EXITED, 0, None, None, 1, 2, 1)


def facts(
    order: bool = True,
    locked: bool = False,
    started: bool = False,
    result: Result | None = None,
    result_written: bool = False,
    paused: bool = False,
) -> Facts:
    return Facts(order, locked, started, result, result_written, paused)


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        (facts(order=False), Phase.UNKNOWN),
        (facts(), Phase.NEVER_RAN),
        (facts(locked=True), Phase.STARTING),
        (facts(locked=True, started=True), Phase.RUNNING),
        (facts(started=True), Phase.LOST),
        (facts(started=True, result=RESULT, result_written=True), Phase.FINISHED),
        (facts(locked=True, started=True, result=RESULT, result_written=True), Phase.FINISHED),
        (facts(started=True, result_written=True), Phase.LOST),
    ],
)
def test_a_run_stands_where_its_files_say(found: Facts, phase: Phase) -> None:
    assert reconcile(found).phase is phase


def test_nothing_that_was_started_may_ever_be_spawned_again() -> None:
    for order, locked, written, paused in itertools.product((True, False), repeat=4):
        found = facts(order, locked, True, None, written, paused)
        if order:
            assert reconcile(found).phase is not Phase.NEVER_RAN


def test_only_what_runs_is_paused() -> None:
    assert reconcile(facts(locked=True, started=True, paused=True)).paused
    assert not reconcile(facts(started=True, paused=True)).paused


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"end":"frog"}', b"null"])
def test_a_damaged_result_is_none(raw: bytes) -> None:
    assert decode(raw) is None
