"""What the arguments of the tools that pause mean: work of a kind, or one task."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from djobs_daemon.mcp_server.converting import Strict, convert, wrong
from djobs_protocol.job_requests import PauseJob
from djobs_protocol.queue_requests import PauseWork, ResumeWork
from djobs_protocol.requests import Request

TASK: Final = "task"
"""A scope of the tools alone: the protocol has a request of its own for one job."""


class _ResumeWork(Strict):
    scope: str | None = None
    subject: str | None = None


class _PauseWork(_ResumeWork):
    reason: str | None = None


def _pause(given: _PauseWork) -> Request:
    if given.scope != TASK:
        return convert(msgspec.structs.asdict(given), PauseWork)
    return _one_task(given, {"reason": given.reason})


def _resume(given: _ResumeWork) -> Request:
    if given.scope != TASK:
        return convert(msgspec.structs.asdict(given), ResumeWork)
    return _one_task(given, {"paused": False})


def _one_task(given: _ResumeWork, said: dict[str, Any]) -> Request:
    if not given.subject:
        raise wrong("subject is missing; expected the id of the task.")
    return convert({"job_id": given.subject, **said}, PauseJob)


ALONE: Final[dict[str, tuple[type[Strict], Callable[[Any], Request]]]] = {
    "pause_work": (_PauseWork, _pause),
    "resume_work": (_ResumeWork, _resume),
}
