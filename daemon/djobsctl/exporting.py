"""Rows on their way out: JSON Lines or CSV, one at a time, into a file or standard output."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final, Protocol

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula; what agents wrote must not be one."""
GUARD: Final = "'"
PART: Final = ".part"

COLUMNS: Final = {
    "jobs": (
        *("id", "type", "state", "correlation_id", "workspace", "payload", "priority", "attempt"),
        *("max_attempts", "managed_by", "created_at", "updated_at", "run_at", "started_at"),
        *("finished_at", "archived_at", "holder", "idempotency_key", "resource_key"),
        *("blocked_by", "evidence", "last_error", "revision"),
    ),
    "events": (
        *("seq", "at", "kind", "job_id", "job_type", "correlation_id", "state", "session"),
        *("agent", "note"),
    ),
}
"""Of CSV. JSON Lines has each row as the protocol has it."""


class Writer(Protocol):
    """Turns rows into lines."""

    def head(self) -> bytes:
        """Return what comes before the first row."""

    def line(self, row: dict[str, Any]) -> bytes:
        """Return a row."""


class JsonLines:
    """One JSON object per line, as the protocol has it."""

    def head(self) -> bytes:
        """Return nothing."""
        return b""

    def line(self, row: dict[str, Any]) -> bytes:
        """Return a row."""
        return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class Csv:
    """A header and one record per row, as RFC 4180 has it; what is no text is JSON in its cell."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns

    def head(self) -> bytes:
        """Return the names of the columns."""
        return self._record(self._columns)

    def line(self, row: dict[str, Any]) -> bytes:
        """Return a row."""
        return self._record([cell(row.get(column)) for column in self._columns])

    def _record(self, cells: Iterable[str]) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerow(cells)
        return text.getvalue().encode("utf-8", "replace")


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet calculates: guarded by ``'`` where it might."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return GUARD + text if text.startswith(FORMULA_STARTS) else text


@contextmanager
def opened(path: str | None) -> Iterator[BinaryIO]:
    """Yield standard output, or a private file that appears when all of it is written."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    part = path + PART
    descriptor = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(part, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)
