"""When a dependency is met, and which plans would wait for themselves (R55)."""

from collections.abc import Mapping, Sequence

from djobs_protocol.states import MET_STATES, TERMINAL_STATES, JobState
from djobs_protocol.values import OnFailure

ON_FAILURE: tuple[OnFailure, ...] = ("block", "cancel", "run")


def is_met(state: JobState, on_failure: OnFailure) -> bool:
    """Say whether a job in this state no longer holds up one that depends on it."""
    return state in MET_STATES or (on_failure == "run" and state in TERMINAL_STATES)


def is_lost(state: JobState) -> bool:
    """Say whether a job has ended in a way that fails those that depend on it."""
    return state in TERMINAL_STATES and state not in MET_STATES


def find_cycle(needs: Mapping[int, Sequence[int]]) -> list[int] | None:
    """Return jobs that wait for each other in a circle, or None.

    ``needs`` maps a job to those it waits for. Iterative: a plan may be a chain of hundreds.
    """
    done: set[int] = set()
    for start in needs:
        path: list[int] = []
        on_path: set[int] = set()
        stack = [(start, iter(needs.get(start, ())))] if start not in done else []
        while stack:
            job, rest = stack[-1]
            if job not in on_path:
                path.append(job)
                on_path.add(job)
            following = next((each for each in rest if each not in done), None)
            if following is None:
                stack.pop()
                path.pop()
                on_path.discard(job)
                done.add(job)
            elif following in on_path:
                return path[path.index(following) :]
            else:
                stack.append((following, iter(needs.get(following, ()))))
    return None
