"""What a run does next, without running anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_runner import course
from djobs_runner.course import Course


def new(duration: float | None = None, kill_leftovers: bool = False) -> Course:
    return Course(0.0, duration, 10.0, kill_leftovers)


def test_a_run_without_a_duration_waits_for_ever() -> None:
    assert new().wait_seconds(1e9) is None
    assert new().tick(1e9) == course.NOTHING


def test_the_duration_ends_a_run_like_a_stop() -> None:
    run = new(5.0)
    assert run.wait_seconds(3.0) == 2.0
    assert run.tick(4.9) == course.NOTHING
    assert run.tick(5.0) == course.TERMINATE
    assert (run.phase, run.reason) == (course.TERMINATING, course.DURATION)
    assert run.tick(14.9) == course.NOTHING
    assert run.tick(15.0) == course.KILL
    assert run.killed


def test_a_pause_adds_to_the_duration_what_it_took() -> None:
    run = new(5.0)
    assert run.pause(1.0)
    assert run.pause(2.0)
    assert run.wait_seconds(100.0) is None
    run.resume(101.0)
    assert run.wait_seconds(101.0) == 4.0
    assert run.paused_seconds == 100.0


def test_a_run_that_is_ending_is_not_paused() -> None:
    run = new()
    run.stop(1.0, 3.0)
    assert not run.pause(1.0)


def test_a_later_stop_shortens_the_grace_and_never_lengthens_it() -> None:
    run = new()
    assert run.stop(0.0, 10.0) == course.TERMINATE
    assert run.stop(1.0, 100.0) == course.NOTHING
    assert run.wait_seconds(1.0) == 9.0
    run.stop(1.0, 2.0)
    assert run.wait_seconds(1.0) == 2.0


def test_who_ended_by_itself_was_not_stopped() -> None:
    run = new()
    run.exited(1.0)
    assert run.stop(1.5, 1.0) == course.TERMINATE
    assert run.reason == course.BY_ITSELF


def test_a_killed_process_that_stays_does_not_hold_up_the_run_for_ever() -> None:
    run = new()
    run.stop(0.0, 0.0)
    assert run.tick(0.0) == course.KILL
    run.tick(course.KILL_SECONDS)
    assert run.phase == course.DRAINING
    run.tick(course.KILL_SECONDS + course.DRAIN_SECONDS)
    assert run.phase == course.DONE


def test_leftovers_are_asked_to_end_only_if_the_order_says_so() -> None:
    assert new().exited(1.0) == course.NOTHING
    run = new(kill_leftovers=True)
    assert run.exited(1.0) == course.TERMINATE
    assert (run.phase, run.reason) == (course.TERMINATING, course.BY_ITSELF)


EVENTS = ["stop", "tick", "exited", "empty", "closed", "pause", "resume"]


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.floats(0, 20)), max_size=40))
def test_whatever_happens_a_run_ends_within_its_deadlines_and_stays_ended(
    story: list[tuple[str, float]],
) -> None:
    run, now, reasons = new(30.0), 0.0, set()
    for event, seconds in story:
        now += seconds
        if event == "stop":
            run.stop(now, seconds)
        elif event == "pause":
            run.pause(now)
        else:
            getattr(run, event)(now)
        if run.phase != course.RUNNING:
            reasons.add(run.reason)
        assert run.paused_since is None or run.phase == course.RUNNING
    run.resume(now)
    for _ in range(5):
        now += 31.0
        run.tick(now)
    assert run.phase == course.DONE
    assert len(reasons) <= 1


@pytest.mark.parametrize("event", [course.STOP, course.EXPIRED, course.EXITED, course.EMPTY])
def test_the_end_is_final(event: str) -> None:
    assert (course.DONE, event) not in course.TABLE
