"""Times for documents: RFC 3339, UTC, milliseconds; without the slow import of ``datetime``."""

import time


def start_of_yesterday(now: float) -> float:
    """Return when yesterday began here; both in seconds since the epoch."""
    today = time.localtime(now)
    return time.mktime((today.tm_year, today.tm_mon, today.tm_mday - 1, 0, 0, 0, 0, 0, -1))


def rfc3339(milliseconds: int) -> str:
    """Return milliseconds since the epoch as the protocol writes times."""
    whole, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{rest:03d}Z"
