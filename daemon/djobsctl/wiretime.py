"""Times for documents: RFC 3339, UTC, milliseconds; without the slow import of ``datetime``."""

import time


def rfc3339(milliseconds: int) -> str:
    """Return milliseconds since the epoch as the protocol writes times."""
    whole, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{rest:03d}Z"
