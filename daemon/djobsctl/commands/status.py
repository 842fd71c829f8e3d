"""``djobsctl status``: one screen, from every state (R50). Never starts anything."""

import time

from djobs_protocol.endpoint import socket_path, state_dir
from djobs_protocol.version import VERSION
from djobsctl.logentries import entries
from djobsctl.logfile import last_lines, log_path
from djobsctl.outcome import Outcome
from djobsctl.quick import quick_calls
from djobsctl.wiretime import rfc3339, start_of_yesterday

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobs_local.attempts import Attempt
    from djobs_local.presence import Presence
    from djobs_local.stop_mark import StopMark
    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

WHO = "djobsctl"
LOG_LINES = 10
GLANCES = 20
"""Of the jobs that run, and of those that failed."""
DEFAULTS: "dict[str, Any]" = {"lines": None, "verbose": False, "watch": False}
"""The arguments when there are none, so that no parser is needed; a test compares them with it."""
ANSWER_SECONDS = 2.0
"""How long the daemon may take to describe itself before it is called mute."""

EXIT_BY_STATE = {
    "serving": 0,
    "degraded": 0,  # it answers; what is wrong stands under `problems`
    "absent": 69,
    "start_failed": 71,
    "starting": 75,
    "draining": 75,
    "mute": 75,
    "foreign": 77,
    "stopped_by_user": 79,
}
"""Every state and the exit status that tells a script about it."""


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    from djobsctl.options import add_watch, count

    parser.add_argument(
        "-n",
        "--lines",
        type=count,
        help=f"lines of the log ({LOG_LINES}; 0 on a screen that has better things to show)",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="also process, database, clients, paths, log"
    )
    add_watch(parser)


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon; where it does not answer, look at its locks and records."""
    home = state_dir()
    seen = observe(home)
    document = {**seen, "log": recent_log(home, lines_wanted(args, talk, seen))}
    if not talk.as_json:
        document["verbose"] = args.verbose
    return Outcome(document, EXIT_BY_STATE[document["state"]])


def lines_wanted(args: "argparse.Namespace", talk: "Talk", seen: "dict[str, Any]") -> int:
    """Return how much of the log is worth its room: none beside jobs, unless it is asked for."""
    if args.lines is not None:
        return int(args.lines)
    has_better = seen["state"] == "serving" and seen["overview"] and not args.verbose
    return 0 if has_better and not talk.as_json else LOG_LINES


def observe(home: str) -> "dict[str, Any]":
    """Return everything but the log."""
    began = time.monotonic()
    report, overview = quick_calls(home, questions(time.time()), ANSWER_SECONDS, WHO)
    seen = answering(report) if report else silent(home, began)
    return {
        **seen,
        "home": home,
        "socket": socket_path(home),
        "daemon": report,
        "overview": overview,
        "client_build": VERSION,
    }


def questions(now: float) -> "list[tuple[str, dict[str, Any]]]":
    """Return what a daemon is asked; one that is older, or full, answers the first alone."""
    since = rfc3339(int(start_of_yesterday(now) * 1000))
    return [
        ("daemon.status", {}),
        ("queue.overview", {"since": since, "limit": GLANCES}),
    ]


def answering(report: "dict[str, Any]") -> "dict[str, Any]":
    """Describe a daemon by its own words."""
    return {
        "state": report["phase"],
        "reason": "It answers.",
        "pid": report["pid"],
        "since": report["started_at"],
        "last_failure": None,
        "no_spawn": None,
        "wrong_setting": None,
        "stopped": None,
        "stale_record": None,
        "silence": None,
    }


def silent(home: str, began: float) -> "dict[str, Any]":
    """Describe what is there instead of an answer; asking began at that monotonic time."""
    from djobs_local.traces import stale_record

    seen = look_again(home)
    state = state_of(seen)
    return {
        "state": state,
        "reason": seen.detail,
        "pid": seen.pid,
        "since": seen.since and rfc3339(seen.since),
        "last_failure": seen.attempt and failure_document(seen.attempt),
        **obstacles(home, seen),
        "stopped": seen.mark and mark_document(seen.mark),
        "stale_record": stale_record(home) or None,
        "silence": silence(home, time.monotonic() - began) if state == "mute" else None,
    }


def state_of(seen: "Presence") -> str:
    """Name the state of a daemon that gave no description of itself."""
    from djobs_local.presence import Kind
    from djobs_protocol.errors import ErrorCode

    if seen.kind is not Kind.SERVING:
        return str(seen.kind)
    if seen.refusal is ErrorCode.BUSY:
        return "serving"  # all of its connections, and not ours
    # It greets and then says nothing more, or it answers but refuses: it speaks another protocol.
    return "mute" if seen.welcome else "degraded"


def silence(home: str, waited_seconds: float) -> "dict[str, Any]":
    """Say for how long a daemon has not answered, as well as that can be known from outside."""
    from djobs_local.traces import last_sign

    sign = last_sign(home)
    return {
        "waited_seconds": round(waited_seconds, 1),
        "last_sign": sign and {"at": rfc3339(sign.at), "what": sign.what},
    }


def look_again(home: str) -> "Presence":
    """Look at locks and records; what may not even be looked at is foreign."""
    from djobs_local.presence import Kind, Presence, look
    from djobs_protocol.errors import DjobsError, ErrorCode

    try:
        return look(home)
    except DjobsError as error:
        if error.code is not ErrorCode.PERMISSION:
            raise
        return Presence(Kind.FOREIGN, error.message)


def obstacles(home: str, seen: "Presence") -> "dict[str, Any]":
    """Say what keeps clients from starting a daemon that is absent.

    ``no_spawn``: they may not, as far as this one knows; ``wrong_setting``: none could.
    """
    from djobs_local.presence import Kind
    from djobs_local.settings import load
    from djobs_protocol.errors import DjobsError

    if seen.kind not in (Kind.ABSENT, Kind.START_FAILED):
        return {"no_spawn": None, "wrong_setting": None}
    try:
        return {"no_spawn": load(home).no_spawn, "wrong_setting": None}
    except DjobsError as error:
        return {"no_spawn": None, "wrong_setting": error.message}


def failure_document(attempt: "Attempt") -> "dict[str, Any]":
    """Return the last failed start."""
    return {
        "at": rfc3339(attempt.at),
        "by": attempt.by,
        "stage": attempt.stage,
        "reason": attempt.reason,
        "errno": attempt.errno,
        "path": attempt.path,
        "code": attempt.code,
        "log": attempt.log,
    }


def mark_document(mark: "StopMark") -> "dict[str, Any]":
    """Return who stopped it."""
    return {"at": rfc3339(mark.at), "by": mark.by, "until": mark.until}


def recent_log(home: str, count: int) -> "dict[str, Any]":
    """Return the end of the daemon's log; an unreadable one is as good as none here."""
    path = log_path(home)
    try:
        lines = last_lines(path, count) if count else []
    except OSError:
        lines = []
    return {"path": path, "entries": list(entries(lines))}


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return the whole screen."""
    from djobsctl.present.status import status_screen

    return status_screen(document, screen)
