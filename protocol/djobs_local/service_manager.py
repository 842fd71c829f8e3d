"""Asking a service manager, by the command that it brings, within a bound.

What the commands' exit statuses mean is from systemctl(1) and launchctl(1).
"""

import os
import sys
from enum import StrEnum

from djobs_local.service import LAUNCHD, SYSTEMD, Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUESTION_SECONDS = 2.0
"""For what only asks; starting has the client's own deadline."""
SHOWN = (
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "MainPID",
    "ExecMainStatus",
    "StatusText",
)
STOPPED_STATUS = 79
"""How a daemon exits that its user stopped on purpose (``STOPPED_BY_USER``)."""


class Heard(StrEnum):
    """What came of a request to start the daemon."""

    STARTED = "started"
    FAILED = "failed"
    STOPPED = "stopped"
    """The daemon refused: its user stopped it on purpose."""
    NO_MANAGER = "no_manager"
    """There is none here, as in a container, or it does not know the name."""
    SILENT = "silent"


class Answer:
    """``text`` says what went wrong, in one sentence."""

    __slots__ = ("heard", "text")

    def __init__(self, heard: Heard, text: str = "") -> None:
        self.heard = heard
        self.text = text


def start(service: Service, seconds: float, *, afresh: bool = False) -> Answer:
    """Have the daemon started. ``afresh``: whatever happened to earlier starts."""
    if service.manager == SYSTEMD and not has_user_manager():
        return Answer(Heard.NO_MANAGER)
    if afresh and service.manager == SYSTEMD:
        run(["systemctl", "--user", "reset-failed", service.name], QUESTION_SECONDS)
    ran = run(start_command(service, os.getuid()), seconds)
    if ran is None:
        return Answer(Heard.NO_MANAGER)
    status, said = ran
    if status is None:
        return Answer(Heard.SILENT)
    if status == 0:
        return Answer(Heard.STARTED)
    if service.manager == SYSTEMD:
        return systemd_failure(service.name, show(service.name))
    known = run(["launchctl", "print", launchd_target(service, os.getuid())], QUESTION_SECONDS)
    if service.manager == LAUNCHD and (known is None or known[0] != 0):
        return Answer(Heard.NO_MANAGER)
    return Answer(Heard.FAILED, f"{service.manager} did not start {service.name}: {said}".strip())


def start_command(service: Service, uid: int) -> "Sequence[str]":
    """Return the command that starts the daemon."""
    if service.manager == SYSTEMD:
        return ["systemctl", "--user", "--no-ask-password", "start", service.name]
    if service.manager == LAUNCHD:
        return ["launchctl", "kickstart", launchd_target(service, uid)]
    return ["schtasks", "/Run", "/TN", service.name]


def launchd_target(service: Service, uid: int) -> str:
    """Return how launchd names it: in the domain of the user's graphical session."""
    return f"gui/{uid}/{service.name}"


def show(unit: str) -> "dict[str, str]":
    """Return systemd's properties of a unit; empty when it does not tell."""
    ran = run(["systemctl", "--user", "show", unit, "-p", ",".join(SHOWN)], QUESTION_SECONDS)
    if ran is None or ran[0] != 0:
        return {}
    pairs = (line.partition("=") for line in ran[1].splitlines())
    return {name: value for name, _, value in pairs}


def systemd_failure(unit: str, shown: "Mapping[str, str]") -> Answer:
    """Return what a failed ``systemctl start`` means, by the unit's properties."""
    if not shown or shown.get("LoadState") == "not-found":
        return Answer(Heard.NO_MANAGER)
    if shown.get("ExecMainStatus") == str(STOPPED_STATUS):
        return Answer(Heard.STOPPED, "The daemon was stopped on purpose.")
    last_words = shown.get("StatusText") or f"exit status {shown.get('ExecMainStatus')}"
    result = shown.get("Result")
    return Answer(Heard.FAILED, f"systemd could not start {unit} ({result}): {last_words}")


def has_user_manager() -> bool:
    """Say whether a systemd user manager listens where its tools look for it."""
    folder = runtime_folder()
    return bool(folder) and os.path.exists(os.path.join(folder, "systemd", "private"))


def runtime_folder() -> str:
    """Return the user's runtime folder, also where no login set the variable, as in cron."""
    chosen = os.environ.get("XDG_RUNTIME_DIR")
    return chosen or (f"/run/user/{os.getuid()}" if sys.platform == "linux" else "")


def run(command: "Sequence[str]", seconds: float) -> "tuple[int | None, str] | None":
    """Run a manager's command; return (exit status, what it said).

    The status is None when it took longer than ``seconds``; all is None when there is no such
    program. Its words are English, whatever the language of the user.
    """
    import subprocess  # only where there is a service

    environ = {**os.environ, "LC_ALL": "C"}
    if runtime_folder():
        environ["XDG_RUNTIME_DIR"] = runtime_folder()
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    except OSError:
        return None
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()
