"""Starts that fail, or do not last, are remembered and come ever more slowly (R12, R14)."""

import threading

import pytest

from djobs_local import attempts, presence, start
from djobs_local.locks import KernelLock, is_held
from djobs_protocol import endpoint
from tests.harness.waiting import PATIENCE_SECONDS
from tests.local.client import STAND_IN
from tests.local.place import Place


def remember_starts(place: Place, count: int, outcome: str) -> None:
    """Write down that so many starts were made just now; nine are a minute of waiting."""
    starts = [attempts.Attempt(attempts.now_ms(), "b", outcome) for _ in range(count)]
    attempts.write_attempts(place.state, starts)


def test_each_failure_is_remembered_and_the_next_client_may_try_again(place: Place) -> None:
    for count in (1, 2, 3):
        place.ensure(mode="fail")
        known = attempts.read_attempts(place.state)
        assert [attempt.outcome for attempt in known] == [attempts.FAILED] * count
        assert "line 3 is wrong" in known[-1].text


def test_after_many_failures_the_next_client_is_told_at_once_without_a_start(
    place: Place,
) -> None:
    failed = attempts.Attempt(
        attempts.now_ms(), "b", attempts.FAILED, stage="config", text="line 3 is wrong"
    )
    attempts.write_attempts(place.state, [failed] * 9)
    said = place.ensure(deadline=PATIENCE_SECONDS * 10)
    assert said["code"] == "start_failed"
    assert "line 3 is wrong" in said["message"]
    assert 0 < said["retry_seconds"] <= 60
    assert len(attempts.read_attempts(place.state)) == 9
    assert place.births() == []


def test_a_daemon_that_dies_after_ready_is_remembered_like_one_that_never_was(
    place: Place,
) -> None:
    place.ensure(deadline=3, mode="die_after_ready")
    known = attempts.read_attempts(place.state)
    assert len(known) == len(place.births())
    assert known[0].outcome == attempts.READY


def test_daemons_that_die_after_ready_are_limited_too(place: Place) -> None:
    remember_starts(place, 9, attempts.READY)
    said = place.ensure(deadline=0.9, mode="die_after_ready")
    assert said["code"] == "start_failed"
    assert place.births() == []


def test_a_client_with_time_sits_out_the_back_off_of_a_daemon_that_had_served(
    place: Place,
) -> None:
    remember_starts(place, 3, attempts.READY)
    third = attempts.read_attempts(place.state)[-1].at
    start.ensure_running(place.state, PATIENCE_SECONDS, "test", start.Terms(daemon_main=STAND_IN))
    assert presence.look(place.state).kind is presence.Kind.SERVING
    assert attempts.read_attempts(place.state)[-1].at >= third + 1000


def test_nobody_waits_out_a_back_off_with_the_spawn_lock_in_hand(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = KernelLock.acquire

    def others_were_faster(path: str, wait_seconds: float = 0.0) -> KernelLock | None:
        if not attempts.read_attempts(place.state):
            remember_starts(place, 3, attempts.READY)
        return acquire(path, wait_seconds)

    held = []

    def nap(seconds: float) -> None:
        held.append(is_held(endpoint.state_file(place.state, endpoint.SPAWN_LOCK)))
        threading.Event().wait(seconds)

    monkeypatch.setattr(KernelLock, "acquire", others_were_faster)
    monkeypatch.setattr("djobs_local.start.time.sleep", nap)
    start.ensure_running(place.state, 10, "test", start.Terms(daemon_main=STAND_IN))
    assert held
    assert not any(held)


def test_a_client_that_waits_joins_a_daemon_that_a_person_started_meanwhile(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_starts(place, 9, attempts.READY)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 1:
            start.ensure_running(
                place.state, 10, "me", start.Terms(ignore_backoff=True, daemon_main=STAND_IN)
            )

    monkeypatch.setattr("djobs_local.start.time.sleep", nap)
    start.ensure_running(place.state, 120, "test", start.Terms(daemon_main=STAND_IN))
    assert len(place.births()) == 1
    assert max(naps) < 1.0


def test_a_start_that_a_person_asked_for_does_not_wait(place: Place) -> None:
    remember_starts(place, 9, attempts.FAILED)
    start.ensure_running(
        place.state, 10, "test", start.Terms(ignore_backoff=True, daemon_main=STAND_IN)
    )
    assert presence.look(place.state).kind is presence.Kind.SERVING
