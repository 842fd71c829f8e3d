"""Looking at the clock, beside the times of files."""

import os

from djobs_protocol import endpoint, version
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.clock import TROUBLES, Clock, look
from djobsctl.doctor.files import see
from djobsctl.doctor.place import Place

WRITTEN = (
    endpoint.DATABASE,
    f"{endpoint.DATABASE}-wal",
    endpoint.DAEMON_LOG,
    endpoint.ENDPOINT_RECORD,
    endpoint.START_RECORD,
    endpoint.DAEMON_LOCK,
)
"""Files whose times are those of the clock when djobs wrote them."""
LOCALTIME = "/etc/localtime"
_BELOW = "/zoneinfo/"


def gather(place: Place) -> Clock:
    """Compare the clock with what djobs wrote."""
    newest_at, newest = _newest(place.home)
    named = place.environ.get("TZ", "").removeprefix(":")
    return Clock(
        now_ms=place.now_ms,
        newest_file=newest,
        newest_at=newest_at,
        installed_at=os.stat(version.__file__).st_mtime_ns // 1_000_000,
        zone=_zone(named),
        named=named,
    )


def _newest(home: str) -> tuple[int, str]:
    there = [see(endpoint.state_file(home, name)) for name in WRITTEN]
    times = [(each.changed_ms, each.path) for each in there if each is not None]
    return max(times, default=(0, ""))


def _zone(named: str) -> str:
    """Return the zone's name as the daemon finds it; empty when it would fall back on UTC."""
    candidates = [named] if named else [os.path.realpath(LOCALTIME), _etc_timezone()]
    for each in candidates:
        name = each.partition(_BELOW)[2] or each
        if name and not name.startswith("/") and _is_known(name):
            return name
    return "" if named or os.path.lexists(LOCALTIME) else "UTC"


def _etc_timezone() -> str:
    try:
        with open("/etc/timezone", encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_known(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


CHECK = Check("clock", "Clock", TROUBLES, gather, look)
