"""Time zones by their IANA names."""

from datetime import UTC, tzinfo
from typing import Final

from djobs_protocol.errors import DjobsError, ErrorCode

UTC_NAME: Final = "UTC"


def zone_of(name: str) -> tzinfo:
    """Return a zone; raise ``INVALID_PARAMS`` if this machine knows none of that name."""
    if name == UTC_NAME:
        return UTC
    found = _find(name)
    if found is not None:
        return found
    if _find("Europe/London") is None:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"zone {name!r} cannot be looked up: this machine has no time zone database. Install "
            "its package tzdata, or the Python package of that name; UTC works without.",
        )
    raise DjobsError(
        ErrorCode.INVALID_PARAMS,
        f"zone {name!r} is unknown; expected an IANA name such as Europe/Berlin, "
        "America/New_York or UTC.",
    )


def is_known(name: str) -> bool:
    """Say whether there is such a zone."""
    return name == UTC_NAME or _find(name) is not None


def _find(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo  # 16 ms of a start, for what most daemons never ask

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there; no name of a file below; a folder
        return None
