"""A job is executed at most once, whoever is killed at whichever step (R10)."""

import random
import signal
from pathlib import Path

import pytest

from tests.harness.length import times
from tests.runner.rounds import Round

JOBS = 6

DAEMON_STEPS = [
    "runs.prepared=kill9@3",
    "runs.spawned=kill9@3",
    "runs.ready=kill9@3",
    "runs.go=kill9@3",
    "runs.gone=kill9@3",
]
BEFORE_STARTED = [
    "run.lock=kill9",
    "run.locked=kill9",
    "run.recorded=kill9",
    "run.go=kill9",
]
AFTER_STARTED = [
    "run.started=kill9",
    "run.launched=kill9",
    "run.exited=kill9",
    "run.ended=kill9",
]


@pytest.mark.parametrize("fault", DAEMON_STEPS)
def test_a_daemon_that_is_killed_at_a_step_costs_nothing(tmp_path: Path, fault: str) -> None:
    jobs = Round.of(tmp_path, JOBS)
    assert jobs.live(DJOBS_FP=fault) == -signal.SIGKILL
    assert jobs.live() == 0
    jobs.check()


@pytest.mark.parametrize("fault", BEFORE_STARTED)
def test_a_runner_that_is_killed_before_it_started_has_executed_nothing(
    tmp_path: Path, fault: str
) -> None:
    jobs = Round.of(tmp_path, 2)
    assert not jobs.live_at_most(1.0, DJOBS_RUNNER_FP=fault)
    assert [jobs.executions(job) for job in range(2)] == [0, 0]
    assert jobs.live() == 0
    jobs.check()


@pytest.mark.parametrize("fault", AFTER_STARTED)
def test_a_runner_that_is_killed_after_it_started_loses_the_outcome_and_nothing_is_repeated(
    tmp_path: Path, fault: str
) -> None:
    jobs = Round.of(tmp_path, 2)
    assert jobs.live(DJOBS_RUNNER_FP=fault) == 0
    jobs.check(lost_allowed=True)
    assert set(jobs.states.values()) == {"lost"}


def test_a_runner_that_is_killed_after_its_result_loses_nothing(tmp_path: Path) -> None:
    jobs = Round.of(tmp_path, 2)
    assert jobs.live(DJOBS_RUNNER_FP="run.result=kill9") == 0
    jobs.check()


def test_daemons_that_are_killed_at_random_cost_nothing(tmp_path: Path) -> None:
    jobs = Round.of(tmp_path, 30)
    jobs.kill_at_random(8, 0.3, random.Random())
    jobs.check()
    assert jobs.kills > 0


def test_a_job_is_lost_only_if_its_own_runner_was_killed(tmp_path: Path) -> None:
    jobs = Round.of(tmp_path, 30)
    killed = jobs.kill_runners(random.Random(), seconds=0.03)
    jobs.check(lost_allowed=True)
    lost = {job for job, state in jobs.states.items() if state == "lost"}
    assert lost <= killed
    assert killed, "no runner was met alive"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_hundreds_of_jobs_under_a_hundred_kills(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = times(100)
    jobs = Round.of(tmp_path, 3 * kills)
    jobs.kill_at_random(kills, 0.16, random.Random())
    jobs.check()
    with capsys.disabled():
        print(f"\n{jobs.summary()}")  # noqa: T201 - the counts are the point
    assert jobs.kills > kills / 2, "the jobs ended before most of the kills"
