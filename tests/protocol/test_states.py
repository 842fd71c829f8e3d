"""The table of transitions is complete and has one way out of an end."""

import pytest

from djobs_protocol.states import (
    OPEN_STATES,
    TERMINAL_EVENTS,
    TERMINAL_STATES,
    TRANSITIONS,
    EventKind,
    IllegalTransition,
    JobState,
    next_state,
)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(JobState)
    assert set(JobState) == TERMINAL_STATES | OPEN_STATES
    assert len(TERMINAL_STATES) == 6


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_an_ended_job_can_only_be_retried(state: JobState) -> None:
    assert TRANSITIONS[state] == {EventKind.RETRIED: JobState.PENDING}


def test_every_way_into_an_end_is_a_terminal_event_of_the_same_name() -> None:
    for moves in TRANSITIONS.values():
        for event, target in moves.items():
            assert (target in TERMINAL_STATES) == (event in TERMINAL_EVENTS)
            if target in TERMINAL_STATES:
                assert event.value == target.value


def test_an_illegal_move_says_what_cannot_be() -> None:
    with pytest.raises(IllegalTransition, match="a succeeded job cannot be claimed"):
        next_state(JobState.SUCCEEDED, EventKind.CLAIMED)


def test_every_state_can_be_reached_from_pending() -> None:
    reached, frontier = {JobState.PENDING}, [JobState.PENDING]
    while frontier:
        for target in TRANSITIONS[frontier.pop()].values():
            if target not in reached:
                reached.add(target)
                frontier.append(target)

    assert reached == set(JobState)
