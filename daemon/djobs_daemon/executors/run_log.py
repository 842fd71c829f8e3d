"""Reading a run's output by offset, while it grows and after everybody's death (R36). Blocking."""

import os
from dataclasses import dataclass
from typing import Final

from djobs_local import run_folder

_LOOKS_MAX: Final = 8
"""A flood may rotate away what was just listed; then the list is made again."""


@dataclass(frozen=True)
class LogPage:
    """Some bytes of a stream, as they were printed."""

    offset: int
    """Of the first byte of ``data``."""
    data: bytes
    missing: int
    """Bytes between the offset that was asked for and ``offset`` that are not kept."""
    end: int
    """Offset after the last byte that is there now."""

    @property
    def next_offset(self) -> int:
        """Where to go on."""
        return self.offset + len(self.data)


def read(folder: str, stream: str, offset: int, limit: int) -> LogPage:
    """Return at most ``limit`` bytes from ``offset`` on.

    A negative offset counts from the end. A page ends where a gap begins, so ``missing`` is said
    with the page after it. An offset beyond the end gives an empty page there.
    """
    for _ in range(_LOOKS_MAX):
        segments = _segments(folder, stream)
        end = sum(segments[-1]) if segments else 0
        wanted = offset if offset >= 0 else max(0, end + offset)
        try:
            found = _read_from(folder, stream, segments, wanted, limit)
        except FileNotFoundError:
            continue
        if found is None:
            return LogPage(wanted, b"", 0, end)
        start, data = found
        return LogPage(start, data, start - wanted, max(end, start + len(data)))
    return LogPage(max(offset, 0), b"", 0, max(offset, 0))


def _segments(folder: str, stream: str) -> list[tuple[int, int]]:
    """Return (offset, size) of each segment, in order."""
    found = []
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    for name in names:
        start = run_folder.segment_offset(name, stream)
        if start is not None:
            try:
                found.append((start, os.stat(os.path.join(folder, name)).st_size))
            except FileNotFoundError:
                continue  # rotated away just now
    return sorted(found)


def _read_from(
    folder: str, stream: str, segments: list[tuple[int, int]], offset: int, limit: int
) -> tuple[int, bytes] | None:
    """Return the first bytes at or after ``offset`` and where they begin, across segments."""
    begin, data = None, b""
    for start, size in segments:
        if start + size <= offset:
            continue
        if begin is None:
            begin = max(offset, start)
        elif start != begin + len(data):
            break  # a gap
        wanted = limit - len(data)
        if wanted <= 0:
            break
        data += _read_segment(folder, stream, start, begin + len(data) - start, wanted)
    return None if begin is None else (begin, data)


def _read_segment(folder: str, stream: str, start: int, position: int, limit: int) -> bytes:
    path = os.path.join(folder, run_folder.segment_name(stream, start))
    with open(path, "rb", buffering=0) as segment:
        segment.seek(position)
        return segment.read(limit)
