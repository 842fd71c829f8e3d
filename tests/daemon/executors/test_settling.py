"""How a command ended decides what becomes of its job, and nothing else does."""

from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.executors.confined_runs import ENTERED_FILE, RECORD, TRY_AGAIN_MS, with_sandbox
from djobs_daemon.executors.ending import Ending
from djobs_daemon.executors.results import End, LaunchFailure, Result
from djobs_daemon.executors.settling import settle
from djobs_daemon.executors.standing import Phase, Standing
from djobs_protocol.states import EventKind, JobState
from tests.queue.rows import row

NOW = 1_700_000_000_000


def ending(standing: Standing, tail: str = "", folder: str = "", **job: Any) -> Ending:
    running = {"state": JobState.RUNNING, "managed_by": "executor", "attempt": 1, "max_attempts": 1}
    return Ending(row(**running | job), standing, folder, tail, NOW, 0.5)


def ended(**fields: Any) -> Standing:
    plain: dict[str, Any] = {"end": End.EXITED, "exit_code": 0, "signal": None, "failure": None}
    plain |= {"started_ms": NOW, "ended_ms": NOW + 1500, "elapsed_ms": 1500}
    return Standing(Phase.FINISHED, result=Result(**plain | fields))


def test_success_is_evidence_with_what_was_printed_last() -> None:
    done = settle(ending(ended(), "all 12 tests passed"))
    assert done.event is EventKind.SUCCEEDED
    assert done.changes == {"exit_code": 0, "evidence": done.note}
    assert done.note == "exit code 0 after 1.5 s:\nall 12 tests passed"


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"exit_code": 3}, 3, "exit code 3 after 1.5 s."),
        ({"exit_code": None, "signal": 9}, 137, "exit code 137 (signal 9) after 1.5 s."),
        (
            {"exit_code": 1, "survivors": (7, 8), "survivor_count": 3},
            1,
            "exit code 1 after 1.5 s; 3 processes it started are still there: 7, 8, ….",
        ),
        ({"exit_code": 1, "elapsed_ms": 125_000, "paused_ms": 1000}, 1, "after 2 min 4 s."),
    ],
)
def test_failure_says_how_it_ended(fields: dict[str, Any], code: int, said: str) -> None:
    done = settle(ending(ended(**fields)))
    assert (done.event, done.changes["exit_code"]) == (EventKind.FAILED, code)
    assert done.note.endswith(said)


def test_attempts_are_tried_again_later_and_used_up_at_last() -> None:
    again = settle(ending(ended(exit_code=1), attempt=2, max_attempts=3))
    assert again.event is EventKind.RETRY_SCHEDULED
    assert again.changes["run_at"] > NOW
    last = settle(ending(ended(exit_code=1), attempt=3, max_attempts=3))
    assert last.event is EventKind.DEAD_LETTERED


@pytest.mark.parametrize(
    ("end", "said"),
    [(End.STOPPED, "Stopped after"), (End.DURATION, "Duration limit reached after")],
)
def test_what_was_stopped_is_stopped_whatever_its_exit_code(end: End, said: str) -> None:
    done = settle(ending(ended(end=end, exit_code=0), max_attempts=3))
    assert done.event is EventKind.STOPPED
    assert done.note.startswith(said)


def test_what_was_never_executed_is_given_back() -> None:
    for phase in (Phase.NEVER_RAN, Phase.UNKNOWN):
        assert settle(ending(Standing(phase))).event is EventKind.RELEASED


def test_an_unknown_outcome_is_never_run_again_by_itself() -> None:
    done = settle(ending(Standing(Phase.LOST), max_attempts=5))
    assert done.event is EventKind.FAILED
    assert "not known" in done.changes["last_error"]


def test_a_launch_that_failed_has_no_exit_code() -> None:
    failure = LaunchFailure("program", 2, "there is no program 'x' on its PATH")
    done = settle(
        ending(ended(end=End.LAUNCH_FAILED, exit_code=None, failure=failure), max_attempts=3)
    )
    assert (done.event, "exit_code" in done.changes) == (EventKind.FAILED, False)
    assert "no program 'x'" in done.note


def test_a_sandbox_that_was_not_entered_costs_no_attempt(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_bytes(b'{"enforced":"write by bubblewrap","announces":true}')
    over = ending(ended(exit_code=1), "bwrap: no", folder=str(tmp_path))
    for content in (None, b"", b"ent"):
        if content is not None:
            (tmp_path / ENTERED_FILE).write_bytes(content)
        done = with_sandbox(over, settle(over))
        assert (done.event, done.changes["run_at"]) == (EventKind.RELEASED, NOW + TRY_AGAIN_MS)
    (tmp_path / ENTERED_FILE).write_bytes(b"entered")
    done = with_sandbox(over, settle(over))
    assert done.event is EventKind.FAILED
    assert done.changes["sandbox_enforced"] == "write by bubblewrap"
