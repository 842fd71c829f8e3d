"""The time zone of this machine, by its IANA name."""

import os
from collections.abc import Mapping
from typing import Final

from djobs_daemon.queue.zones import UTC_NAME, is_known

LOCALTIME: Final = "/etc/localtime"
TIMEZONE: Final = "/etc/timezone"
_BELOW: Final = "/zoneinfo/"


def local_zone(
    environ: Mapping[str, str] = os.environ, localtime: str = LOCALTIME, timezone: str = TIMEZONE
) -> str:
    """Return the zone that the variable TZ names, else the system's; UTC when nothing says it."""
    told = environ.get("TZ", "").removeprefix(":")
    candidates = [told] if told else [os.path.realpath(localtime), _line_of(timezone)]
    for each in candidates:
        name = each.partition(_BELOW)[2] or each
        if not name.startswith("/") and is_known(name):
            return name
    return UTC_NAME


def _line_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, UnicodeDecodeError):
        return ""
