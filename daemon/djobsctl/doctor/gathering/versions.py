"""Looking at who is of which release."""

import os
from datetime import datetime

from djobs_protocol.version import VERSION
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.versions import TROUBLES, Versions, look
from djobsctl.doctor.place import Place

PACKAGES = ("djobs_daemon", "djobs_local", "djobs_protocol", "djobs_runner")
"""What a daemon loads, or starts by its path, while it lives."""


def gather(place: Place) -> Versions:
    """Compare what the daemon says with what is installed."""
    daemon = place.daemon
    program = program_of(daemon["pid"]) if daemon else ""
    return Versions(
        client=VERSION,
        daemon=daemon["build"] if daemon else None,
        pending=str(daemon.get("installed_build") or "") if daemon else "",
        refusal=_refusal(place),
        program=program,
        program_is_there=os.path.exists(program),
        started_at=_milliseconds(daemon["started_at"]) if daemon else None,
        code_changed_at=newest_change(os.path.dirname(program)) if program else None,
    )


def _refusal(place: Place) -> str:
    """Return what a daemon says that is there and does not understand us."""
    status = place.status
    return "" if status["daemon"] or status["state"] != "degraded" else str(status["reason"])


def program_of(pid: int) -> str:
    """Return the file that a daemon was started from; empty where the system does not tell."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = os.fsdecode(file.read()).split("\0")
    except OSError:
        return ""
    tail = os.path.join("djobs_daemon", "__main__.py")
    return next((each for each in words if each.endswith(tail)), "")


def newest_change(daemon_package: str) -> int | None:
    """Return when a file of an installation changed last, by the time that no tool sets."""
    parts = os.path.dirname(daemon_package)
    beside = (parts, os.path.join(os.path.dirname(parts), "protocol"))
    times = [
        os.stat(path).st_ctime_ns // 1_000_000
        for folder in beside
        for package in PACKAGES
        for path in _sources(os.path.join(folder, package))
    ]
    return max(times, default=None)


def _sources(package: str) -> list[str]:
    return [
        os.path.join(folder, name)
        for folder, _, names in os.walk(package)
        for name in names
        if name.endswith(".py")
    ]


def _milliseconds(wire_time: str) -> int:
    return int(datetime.fromisoformat(wire_time).timestamp() * 1000)


CHECK = Check("versions", "Versions", TROUBLES, gather, look)
