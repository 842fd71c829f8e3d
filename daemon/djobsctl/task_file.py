"""The file, or standard input, from which tasks are read."""

import sys

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import FRAME_BYTES_MAX
from djobsctl.words import UsageError

STANDARD_INPUT = "-"


def read_tasks(path: str) -> str:
    """Return the text; raise what keeps it from being read, or from fitting into one request."""
    try:
        data = _bytes(path)
    except OSError as error:
        raise UsageError(f"{path!r} cannot be read: {error.strerror}.") from None
    if len(data) > FRAME_BYTES_MAX:
        raise DjobsError(
            ErrorCode.TOO_LARGE,
            f"The tasks have over {FRAME_BYTES_MAX} bytes, more than one request may have.",
            hint="Enqueue them in parts, or put large data into files and paths into the payloads.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path!r} is not UTF-8, at byte {error.start}.") from None


def _bytes(path: str) -> bytes:
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read(FRAME_BYTES_MAX + 1)
    with open(path, "rb") as file:
        return file.read(FRAME_BYTES_MAX + 1)
