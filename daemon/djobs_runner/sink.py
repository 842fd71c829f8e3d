"""One stream of output, from a pipe into files: the beginning for good, the end in rotation.

A file, a *segment*, is named by the offset of its first byte in the stream; so what is missing
(rotated away, or not written because the disk was full) shows as a gap between two names, and any
reader finds any byte while the files grow. What does not fit is read and thrown away: neither a
flood nor a full disk ever makes the work wait.
"""

import errno
import os

from djobs_local import run_folder

TAIL_SEGMENTS = 4
"""The end is kept in this many files, so at least three quarters of ``tail_bytes`` are there."""
HEAD_SEGMENTS_MAX = 64
"""A disk that is full now and then breaks the beginning up; further pieces count as the end."""

PUMP_BYTES = 1 << 20
READ_BYTES = 1 << 16
RETRY_SECONDS_FIRST = 0.1
RETRY_SECONDS_MAX = 5.0

_NEW = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


class Sink:
    """Keeps up to ``head_bytes`` from the beginning and ``tail_bytes`` from the end of a stream."""

    def __init__(self, folder: str, stream: str, head_bytes: int, tail_bytes: int) -> None:
        self.total_bytes = 0
        """All that was ever printed."""
        self.dropped_bytes = 0
        """Of these, what could not be written."""
        self.error = ""
        """Why something could not be written, the last time."""
        self._folder = folder
        self._stream = stream
        self._head_bytes = head_bytes
        self._segment_bytes = tail_bytes // TAIL_SEGMENTS
        self._head_segments = 0
        self._tail: list[str] = []
        self._fd = -1
        self._path = ""
        self._written = 0
        """Bytes in the current segment."""
        self._room = 0
        """Bytes it may still take."""
        self._retry_at = 0.0
        self._retry_seconds = RETRY_SECONDS_FIRST
        self._splices = hasattr(os, "splice")

    def pump(self, pipe: int, now: float) -> bool:
        """Move what is in the pipe, at most ``PUMP_BYTES``; False at its end.

        ``pipe`` does not block; ``BlockingIOError`` when there is nothing in it.
        """
        if self._splices and self._ready(now):
            try:
                moved = os.splice(pipe, self._fd, min(PUMP_BYTES, self._room))
            except BlockingIOError:
                raise
            except OSError as error:
                if error.errno == errno.EINVAL:  # a file system that cannot
                    self._splices = False
                else:
                    self._failed(error, now)
            else:
                self._wrote(moved)
                return moved > 0
        raw = os.read(pipe, READ_BYTES)
        self.write(raw, now)
        return bool(raw)

    def write(self, raw: bytes, now: float) -> None:
        """Add bytes, or count them as dropped."""
        while raw:
            if not self._ready(now):
                self.total_bytes += len(raw)
                self.dropped_bytes += len(raw)
                return
            try:
                moved = os.write(self._fd, raw[: self._room])
            except OSError as error:
                self._failed(error, now)
                continue
            self._wrote(moved)
            raw = raw[moved:]

    def ends_in_line(self) -> bool:
        """Say whether the last byte is known to end a line, as nothing at all does."""
        if self._fd < 0 or not self._written:
            return not self.total_bytes
        try:
            return os.pread(self._fd, 1, self._written - 1) == b"\n"
        except OSError:
            return False

    def close(self) -> None:
        """Close the current segment."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def to_record(self) -> "dict[str, object]":
        """Return the counts for the result."""
        return {
            "total_bytes": self.total_bytes,
            "dropped_bytes": self.dropped_bytes,
            "error": self.error,
        }

    def _wrote(self, count: int) -> None:
        self.total_bytes += count
        self._written += count
        self._room -= count
        self._retry_seconds = RETRY_SECONDS_FIRST

    def _failed(self, error: OSError, now: float) -> None:
        """Give the disk a rest. What comes next begins a new segment, after a gap."""
        self.error = error.strerror or str(error)
        if self._fd >= 0 and not self._written:
            self._discard()
        self.close()
        self._retry_at = now + self._retry_seconds
        self._retry_seconds = min(self._retry_seconds * 2, RETRY_SECONDS_MAX)

    def _ready(self, now: float) -> bool:
        """Have a segment with room, if there can be one now."""
        if self._fd >= 0 and self._room > 0:
            return True
        self.close()
        if now < self._retry_at:
            return False
        try:
            return self._open_segment()
        except OSError as error:
            self._failed(error, now)
            return False

    def _open_segment(self) -> bool:
        """Begin the next segment; False when the stream is to have no further bytes."""
        at_head = self.total_bytes < self._head_bytes and self._head_segments < HEAD_SEGMENTS_MAX
        room = self._head_bytes - self.total_bytes if at_head else self._segment_bytes
        if room <= 0:
            return False
        path = os.path.join(self._folder, run_folder.segment_name(self._stream, self.total_bytes))
        if not at_head:
            self._make_place()
        self._fd = os.open(path, _NEW, 0o600)
        self._path, self._written, self._room = path, 0, room
        if at_head:
            self._head_segments += 1
        elif path not in self._tail:
            self._tail.append(path)
        return True

    def _discard(self) -> None:
        """Remove the current segment: one without bytes must not push out one that has some."""
        try:
            os.unlink(self._path)
        except OSError:
            return  # then it counts
        if self._path in self._tail:
            self._tail.remove(self._path)

    def _make_place(self) -> None:
        while len(self._tail) >= TAIL_SEGMENTS:
            try:
                os.unlink(self._tail[0])
            except FileNotFoundError:
                pass
            self._tail.pop(0)
