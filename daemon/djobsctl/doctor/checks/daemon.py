"""Whether the daemon runs, or can; by the state that ``djobsctl status`` names."""

from dataclasses import dataclass
from typing import Any

from djobsctl.doctor.finding import Finding, Level, Trouble, found, well

MUTE = Trouble(
    "daemon-mute",
    Level.PROBLEM,
    "The daemon lives and does not answer.",
    "Everybody waits for it. It is never replaced by itself: it may only be slow.",
    "wait a moment; then `djobsctl stop --force` and `djobsctl start`; what it acknowledged is on "
    "disk",
)
FAILED = Trouble(
    "daemon-start-failed",
    Level.PROBLEM,
    "The last start of the daemon failed.",
    "Clients wait longer before each next try, and are told the reason.",
    "what the reason names, then `djobsctl start --now`",
)
STOPPED = Trouble(
    "daemon-stopped",
    Level.NOTE,
    "The daemon was stopped on purpose.",
    "Nothing starts it again, no editor and no hook, until somebody says so.",
    "`djobsctl start`",
)
FULL = Trouble(
    "daemon-full",
    Level.WARNING,
    "All places for connections are taken.",
    "The next editor is told that the daemon is busy.",
    "close programs that are connected, or raise `connections_max` in `config.toml` and "
    "`djobsctl restart`",
)
DEGRADED = Trouble(
    "daemon-degraded",
    Level.PROBLEM,
    "The daemon says that something is wrong with it.",
    "Part of what it does fails until that is mended.",
    "what its words name, then `djobsctl restart`",
)
NOBODY = Trouble(
    "daemon-no-spawn",
    Level.WARNING,
    "No daemon runs, and a setting keeps clients from starting one.",
    "Editors and commands fail until somebody starts it.",
    "`djobsctl start`; or take `no_spawn` out of `config.toml`, `DJOBS_NO_SPAWN` out of the "
    "environment",
)
UNREACHABLE = Trouble(
    "daemon-unreachable",
    Level.NOTE,
    "Whether a daemon runs cannot be found out.",
    "What is in the way stands under folders, address or database.",
    "that first, then `djobsctl doctor` again",
)
TROUBLES = (MUTE, FAILED, STOPPED, FULL, DEGRADED, NOBODY, UNREACHABLE)


@dataclass(frozen=True)
class Daemon:
    """The document of ``djobsctl status``, and whether clients may start a daemon."""

    status: dict[str, Any]
    no_spawn: bool
    places: int
    """How many connections there may be."""


def look(facts: Daemon) -> list[Finding]:
    """Judge the state, and what a daemon that answers says of itself."""
    status = facts.status
    report, state = status["daemon"], status["state"]
    if report:
        return _answers(report, facts.places)
    if state == "absent" and facts.no_spawn:
        return [found(NOBODY, "No daemon runs, and no_spawn is set.", "djobsctl start")]
    if state in _JUDGED:
        return [_JUDGED[state](status)]
    return well(_CALM.get(state, state))


def _answers(report: dict[str, Any], places: int) -> list[Finding]:
    problems = [str(each) for each in report.get("problems", [])]
    if problems:
        return [found(DEGRADED, each, "djobsctl restart", steps=_FIRST) for each in problems]
    taken = len(report.get("connections", []))
    if taken >= places:
        return [_full(f"{taken} of {places} places are taken.")]
    return well(f"it serves, pid {report['pid']}, started by {report['owner']}")


_FIRST = "Mend what it says first; a restart alone may not help."


def _mute(status: dict[str, Any]) -> Finding:
    who = f"pid {status['pid']}" if status["pid"] else "pid unknown"
    says = f"It ({who}) is alive and does not answer: {status['reason']}"
    return found(MUTE, says, "djobsctl stop --force", "djobsctl start")


def _failed(status: dict[str, Any]) -> Finding:
    failure = status["last_failure"]
    log = f" Its output: {failure['log']}" if failure["log"] else ""
    says = f"At {failure['stage']}: {failure['reason']}{log}"
    steps = "Mend the reason first; other lines here may name it."
    return found(FAILED, says, "djobsctl start --now", steps=steps)


def _stopped(status: dict[str, Any]) -> Finding:
    return found(STOPPED, str(status["reason"]), "djobsctl start")


def _busy(status: dict[str, Any]) -> Finding:
    return _full(str(status["reason"]))


def _full(says: str) -> Finding:
    steps = "Close a program that is connected, or raise connections_max and restart."
    return found(FULL, says, steps=steps)


def _foreign(status: dict[str, Any]) -> Finding:
    return found(UNREACHABLE, str(status["reason"]), steps=_OTHERS)


_OTHERS = "Mend what stands under folders, address or database first."

_JUDGED = {
    "mute": _mute,
    "start_failed": _failed,
    "stopped_by_user": _stopped,
    "serving": _busy,
    "foreign": _foreign,
}
_CALM = {
    "absent": "none runs; the next command, or the next editor, starts it",
    "starting": "it is starting",
    "draining": "it is stopping",
    "degraded": "it answers, in another version of the protocol (see versions)",
}
