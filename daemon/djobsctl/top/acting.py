"""Doing what the screen wants done, and looking what there is to show: all talk with the daemon."""

import binascii
import re
from collections.abc import Callable
from typing import Any, Final

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.present.screen import Screen
from djobsctl.top.board import board_of
from djobsctl.top.model import Act, Away, Event, LogRead, Open, Paged, ReadLog, Seen, Told

Call = Callable[[str, dict[str, Any]], dict[str, Any]]

GLANCES: Final = 100
JOBS: Final = 200
"""As many of the newest are in the list, besides all that runs or failed lately."""
LOG_BYTES: Final = 16 * 1024
_COLOURS: Final = re.compile("\x1b\\[[0-9;?]*[ -/]*[@-~]")
AWAY: Final = (ErrorCode.UNAVAILABLE, ErrorCode.DRAINING, ErrorCode.DEADLINE_EXCEEDED)


def look(call: Call, now: float) -> Event:
    """Return what there is to see."""
    try:
        return Seen(board_of(**answers(call), now=now))
    except DjobsError as error:
        return Away(error.message)


def answers(call: Call) -> dict[str, Any]:
    """Return what the daemon says to all that the screen asks."""
    return {
        "status": call("daemon.status", {}),
        "overview": call("queue.overview", {"limit": GLANCES}),
        "jobs": call("job.list", {"limit": JOBS}).get("jobs", []),
        "agents": call("agent.list", {}).get("agents", []),
    }


def act(call: Call, order: Act | Open | ReadLog, screen: Screen) -> Event:
    """Do it, and return what to tell of it."""
    try:
        match order:
            case ReadLog(job_id):
                return LogRead(job_id, _log(call, job_id))
            case Open(job_id):
                return _page(call, job_id, screen)
            case Act():
                return _change(call, order)
    except DjobsError as error:
        if error.code in AWAY:
            return Away(error.message)
        return Told(f"{error.message} {error.hint}".strip(), is_bad=True)


def _log(call: Call, job_id: str) -> tuple[str, ...]:
    try:
        chunk = call("job.log", {"job_id": job_id, "after": -LOG_BYTES, "limit_bytes": LOG_BYTES})
    except DjobsError as error:
        if error.code in AWAY:
            raise
        return ()  # what others work on prints nothing here
    return readable(binascii.a2b_base64(chunk["data"]))


def readable(data: bytes) -> tuple[str, ...]:
    """Return output as lines: colours left out, and of a line that was written over its last state.

    What else could steer a terminal stays for ``safe`` to show.
    """
    text = _COLOURS.sub("", data.decode("utf-8", "replace")).rstrip("\n")
    return tuple(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n") if text)


def _page(call: Call, job_id: str, screen: Screen) -> Paged:
    from djobsctl.commands import show, why

    detail = call("job.get", {"job_id": job_id})
    nothing: dict[str, Any] = {"obstacles": []}
    reasons = nothing | call("job.explain", {"job_id": job_id})
    text = f"{why.render(reasons, screen)}\n\n{show.render(detail, screen)}"
    return Paged(f"{job_id}  {detail['job']['type']}", tuple(text.split("\n")))


def _change(call: Call, order: Act) -> Told:
    job_id = order.job_id
    match order.what:
        case "retry":
            call("job.retry", {"job_id": job_id})
            return Told(f"{job_id} is open again.")
        case "cancel":
            moved = call("job.cancel", {"job_id": job_id})
            ends = moved["state"] == "running"
            return Told(f"{job_id} is being stopped." if ends else f"{job_id} is {moved['state']}.")
        case "pause" | "resume":
            call("job.pause", {"job_id": job_id, "paused": order.what == "pause"})
            return Told(f"{job_id} is held." if order.what == "pause" else f"{job_id} goes on.")
