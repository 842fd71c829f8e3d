"""How long a relay waits for a daemon, and what it does then."""

import pytest

from djobs_local import attempts
from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode
from djobs_shim import trouble
from djobs_shim.backoff import FIRST_SECONDS, LONGEST_SECONDS, PROVEN_SECONDS, Backoff
from djobs_shim.patience import (
    AWAY_SECONDS_MAX,
    FIRST_START_SECONDS_MAX,
    FIRST_WELCOME_SECONDS,
    GIVE_UP,
    KEEP_TRYING,
    REST,
    STOPPED_SECONDS_MAX,
    Patience,
)
from djobs_shim.trouble import Trouble

START = 1000.0
STOPPED = Trouble("stopped_by_user", "stopped", 79)
BACKING_OFF = Trouble("start_failed", "no", 71)
MUTE = Trouble("unresponsive", "mute", 75)


def verdict(
    patience: Patience,
    at: float,
    *,
    unanswered: bool = False,
    starting: bool = False,
    trouble: Trouble | None = None,
) -> str:
    """Ask at ``at`` seconds after the start."""
    return patience.verdict(START + at, unanswered=unanswered, starting=starting, trouble=trouble)


def in_session() -> Patience:
    """Return the patience of a session whose daemon went away at its start."""
    patience = Patience(START)
    patience.welcomed(START)
    patience.lost(START)
    return patience


def test_at_first_a_silent_daemon_is_given_ten_seconds() -> None:
    patience = Patience(START)
    assert verdict(patience, FIRST_WELCOME_SECONDS - 0.1, trouble=MUTE) == KEEP_TRYING
    assert verdict(patience, FIRST_WELCOME_SECONDS) == GIVE_UP
    assert patience.deadline(starting=False) == START + FIRST_WELCOME_SECONDS


@pytest.mark.parametrize("reason", [STOPPED, BACKING_OFF, Trouble("permission", "no", 77)])
def test_at_first_a_lasting_reason_ends_it_at_once(reason: Trouble) -> None:
    assert verdict(Patience(START), 0.1, trouble=reason) == GIVE_UP


def test_at_first_a_start_that_was_killed_is_tried_again_for_as_long_as_a_mute_daemon() -> None:
    killed = trouble.of_error(DjobsError(ErrorCode.START_FAILED, "It died.", stage="killed"))
    assert verdict(Patience(START), FIRST_WELCOME_SECONDS - 0.1, trouble=killed) == KEEP_TRYING
    assert verdict(Patience(START), FIRST_WELCOME_SECONDS, trouble=killed) == GIVE_UP


def test_the_stage_of_a_killed_start_is_the_same_for_all() -> None:
    assert trouble.KILLED == attempts.KILLED


def test_a_start_under_way_is_given_as_long_as_it_reports_progress() -> None:
    patience = Patience(START)
    assert verdict(patience, FIRST_START_SECONDS_MAX - 1, starting=True) == KEEP_TRYING
    assert verdict(patience, FIRST_START_SECONDS_MAX, starting=True) == GIVE_UP


def test_a_daemon_just_started_is_given_ten_seconds_of_its_own() -> None:
    patience = Patience(START)
    patience.daemon_started(START + 9)
    assert verdict(patience, 18) == KEEP_TRYING
    assert verdict(patience, 19) == GIVE_UP


def test_a_connected_session_waits_for_nothing() -> None:
    patience = Patience(START)
    patience.welcomed(START)
    assert verdict(patience, 10_000, unanswered=True) == KEEP_TRYING
    assert patience.deadline(starting=False) is None


@pytest.mark.parametrize("reason", [STOPPED, Trouble("db_corrupt", "damaged", 65)])
def test_a_line_that_only_a_person_can_help_waits_only_for_somebody_quick(reason: Trouble) -> None:
    patience = in_session()
    assert verdict(patience, 5, unanswered=True, trouble=reason) == KEEP_TRYING
    late = 5 + STOPPED_SECONDS_MAX
    assert verdict(patience, late - 0.1, unanswered=True, trouble=reason) == KEEP_TRYING
    assert verdict(patience, late, unanswered=True, trouble=None) == KEEP_TRYING
    assert verdict(patience, late, unanswered=True, trouble=reason) == GIVE_UP


@pytest.mark.parametrize("reason", [None, BACKING_OFF, MUTE])
def test_in_a_session_a_waiting_line_is_worth_sixty_seconds(reason: Trouble | None) -> None:
    patience = in_session()
    assert verdict(patience, 5, unanswered=True, trouble=reason) == KEEP_TRYING
    assert verdict(patience, 64.9, unanswered=True, trouble=reason) == KEEP_TRYING
    assert verdict(patience, 65, unanswered=True, trouble=reason) == GIVE_UP


def test_an_idle_session_rests_when_the_daemon_was_stopped_on_purpose() -> None:
    assert verdict(in_session(), 0.1, trouble=STOPPED) == REST


@pytest.mark.parametrize("reason", [None, BACKING_OFF, MUTE])
def test_an_idle_session_rests_after_a_minute(reason: Trouble | None) -> None:
    patience = in_session()
    assert verdict(patience, AWAY_SECONDS_MAX - 1, trouble=reason) == KEEP_TRYING
    assert verdict(patience, AWAY_SECONDS_MAX, trouble=reason) == REST


def test_a_resting_session_gets_a_new_minute_when_the_client_speaks() -> None:
    patience = in_session()
    assert verdict(patience, 500, trouble=STOPPED) == REST
    assert verdict(patience, 501, unanswered=True) == KEEP_TRYING
    assert patience.deadline(starting=False) == START + 501 + AWAY_SECONDS_MAX


def test_pauses_grow_while_attempts_fail_and_start_again_after_a_good_connection() -> None:
    backoff = Backoff()
    pauses = [backoff.next_pause(START) for _ in range(12)]
    assert pauses[0] == FIRST_SECONDS
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_SECONDS
    backoff.welcomed(START)
    assert backoff.next_pause(START + PROVEN_SECONDS / 2) == LONGEST_SECONDS
    backoff.welcomed(START)
    assert backoff.next_pause(START + PROVEN_SECONDS) == FIRST_SECONDS


def test_the_codes_and_statuses_are_those_of_the_catalogue() -> None:
    codes = {str(code) for code in ErrorCode}
    assert codes >= trouble.PASSING | {trouble.UNRESPONSIVE} | trouble.NEEDS_A_PERSON
    assert CATALOGUE[ErrorCode.UNRESPONSIVE].exit == trouble.TEMPORARY_STATUS
    denied = trouble.of_connect(PermissionError(13, "Permission denied"), "/s")
    assert denied.code == ErrorCode.PERMISSION
    assert denied.status == CATALOGUE[ErrorCode.PERMISSION].exit
