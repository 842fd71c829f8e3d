"""What a CLI printed, kept as it printed it, up to a bound."""

import os
from pathlib import Path

from djobs_agent.contract import STREAM_BYTES_MAX


class RawLog:
    """A file that only grows. A disk that is full costs the record, not the work."""

    def __init__(self, path: Path, bytes_max: int = STREAM_BYTES_MAX) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = open(os.open(path, flags, 0o600), "wb", buffering=0)  # noqa: SIM115
        self._left = bytes_max

    def keep(self, chunk: bytes) -> None:
        """Append a chunk, or what there is room for."""
        part = chunk[: self._left]
        self._left -= len(part)
        try:
            self._file.write(part)
        except OSError:
            self._left = 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
