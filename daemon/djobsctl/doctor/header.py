"""The first hundred bytes of a database, which tell what it is without opening it as one.

Layout: https://sqlite.org/fileformat2.html. Only whoever serves a database opens it (R6).
"""

import os
from dataclasses import dataclass

from djobs_local.plain_file import open_plain

MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x646A6F62
"""``djob``; a test compares it with the store's own."""
HEADER_BYTES = 100


@dataclass(frozen=True)
class Header:
    """What the file says of itself. A log beside it may know newer numbers."""

    is_sqlite: bool
    is_ours: bool
    schema: int
    page_bytes: int
    pages: int
    free_pages: int
    file_bytes: int

    @property
    def is_cut_off(self) -> bool:
        """Whether pages that it counts are missing at its end."""
        return self.file_bytes < self.pages * self.page_bytes

    @property
    def free_bytes(self) -> int:
        """How much of the file is unused."""
        return self.free_pages * self.page_bytes


def read_header(path: str) -> Header | None:
    """Return the header of a file; None when there is no file. ``OSError`` when it is unreadable.

    An empty file is one that SQLite has not written yet, as good as none.
    """
    try:
        fd = open_plain(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        raw, size = os.read(fd, HEADER_BYTES), os.fstat(fd).st_size
    finally:
        os.close(fd)
    return _decoded(raw, size) if size else None


def _decoded(raw: bytes, size: int) -> Header:
    if len(raw) < HEADER_BYTES or not raw.startswith(MAGIC):
        return Header(False, False, 0, 0, 0, 0, size)
    page = _number(raw, 16, 2)
    return Header(
        is_sqlite=True,
        is_ours=_number(raw, 68, 4) == APPLICATION_ID,
        schema=_number(raw, 60, 4),
        page_bytes=65536 if page == 1 else page,
        pages=_number(raw, 28, 4),
        free_pages=_number(raw, 36, 4),
        file_bytes=size,
    )


def _number(raw: bytes, offset: int, length: int) -> int:
    return int.from_bytes(raw[offset : offset + length], "big")
