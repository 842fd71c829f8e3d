"""When a dependency is met, and which plans are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.dependencies import find_cycle, is_lost, is_met
from djobs_daemon.queue.enqueue import draft, ids_needed, plan
from djobs_daemon.store.records import JobDraft, Need
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import TERMINAL_STATES, JobState
from djobs_protocol.values import NewJob

PLAN = st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=3), max_size=9)


def new(key: str, *needs: str, **fields: object) -> JobDraft:
    asked = NewJob(type="t", graph_key=key, depends_on=list(needs), **fields)  # type: ignore[arg-type]
    return draft(asked, "w", "/w", 1000)


@pytest.mark.parametrize("state", JobState)
def test_only_success_meets_a_dependency_unless_any_end_does(state: JobState) -> None:
    good = state in (JobState.SUCCEEDED, JobState.SKIPPED)
    assert is_met(state, "block") == is_met(state, "cancel") == good
    assert is_met(state, "run") == (state in TERMINAL_STATES)
    assert is_lost(state) == (state in TERMINAL_STATES and not good)


@given(PLAN)
def test_a_circle_is_found_exactly_when_there_is_one(needs: dict[int, list[int]]) -> None:
    circle = find_cycle(needs)
    if circle is None:
        done: set[int] = set()
        while remaining := set(needs) - done:
            free = {
                job for job in remaining if all(n in done or n not in needs for n in needs[job])
            }
            assert free, "nothing may start, yet no circle was found"
            done |= free
    else:
        for job, following in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert following in needs[job]


def test_names_within_a_plan_become_places_and_ids_stay() -> None:
    batch = [new("a"), new("b", "a", "j9kt"), new("c", "b", on_dependency_failure="run")]
    assert ids_needed(batch) == ["j9kt"]
    _, second, third = plan(batch, {}, {"j9kt": JobState.FAILED})
    assert isinstance(second, JobDraft)
    assert (second.depends_on, second.blockers) == ((Need(0), Need("j9kt")), 2)
    assert isinstance(third, JobDraft)
    assert third.depends_on == (Need(1, "run"),)


@pytest.mark.parametrize(
    ("batch", "code", "words"),
    [
        ([new("a", "b"), new("b", "a")], ErrorCode.DEPENDENCY_CYCLE, "a needs b needs a"),
        ([new("a", "a")], ErrorCode.DEPENDENCY_CYCLE, "a needs a"),
        ([new("a"), new("a")], ErrorCode.INVALID_PARAMS, "names two tasks"),
        ([new("a", "z")], ErrorCode.UNKNOWN_DEPENDENCY, "depends_on names z"),
    ],
)
def test_a_plan_that_cannot_be_done_is_refused_whole(
    batch: list[JobDraft], code: ErrorCode, words: str
) -> None:
    with pytest.raises(DjobsError) as refusal:
        plan(batch, {}, {})
    assert refusal.value.code is code
    assert words in refusal.value.message
    assert "nothing was enqueued" in refusal.value.message
