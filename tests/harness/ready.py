"""What a daemon says on the pipe of whoever started it."""

import os
import select
import time
from typing import Any

from djobs_local import ready_pipe
from tests.harness.waiting import PATIENCE_SECONDS


def read_word(reader: int) -> tuple[str, dict[str, Any]]:
    """Return the final word on a ready pipe; ``("", {})`` for end of file."""
    buffer = b""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while chunk := _read_before(reader, deadline):
        buffer += chunk
        for line in buffer.split(b"\n")[:-1]:
            found = ready_pipe.parse_line(line)
            if found is not None and found[0] != "progress":
                return found
    return "", {}


def _read_before(reader: int, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0 or not select.select([reader], [], [], left)[0]:
        raise AssertionError(f"no word on the ready pipe within {PATIENCE_SECONDS:g} s")
    return os.read(reader, 4096)
