"""What arguments that several tools have mean."""

from collections.abc import Callable
from typing import Final

import msgspec

from djobs_daemon.mcp_server.converting import Strict, convert, members
from djobs_daemon.mcp_server.enqueue_arguments import ALL
from djobs_protocol.requests import Request
from djobs_protocol.states import OPEN_STATES, JobState

OPEN_FILTER: Final = "unfinished"
"""A status filter for all open states together."""
ANY_FILTER: Final = "all"
JOB_ID: Final = {"task_id": "job_id"}


class Nothing(Strict):
    """No arguments at all."""


def group(asked: str | None, workspace: str) -> str | None:
    """Return the workflow to look at: the workspace unless another is named, None for all."""
    return None if asked == ALL else asked or workspace or None


def states(status_filter: str | None) -> list[JobState]:
    """Return the states a filter names: ``unfinished,failed`` names the open ones and another."""
    words = [word.strip() for word in (status_filter or ANY_FILTER).split(",")]
    if ANY_FILTER in words:
        return []
    named = [word for word in words if word != OPEN_FILTER]
    besides = f"{ANY_FILTER}, or {OPEN_FILTER} and "
    listed = members(JobState, "status_filter", ",".join(named) if named else None, besides)
    opened = OPEN_STATES if OPEN_FILTER in words else frozenset[JobState]()
    return [state for state in JobState if state in opened or state in listed]


def as_request(request: type[Request]) -> Callable[[Strict], Request]:
    """Return the mapping of a tool whose arguments are those of the request."""

    def build(given: Strict) -> Request:
        return convert(msgspec.structs.asdict(given), request, renamed=JOB_ID)

    return build
