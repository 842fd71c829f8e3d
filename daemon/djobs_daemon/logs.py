"""The daemon's log: constant messages with fields, one line each, as text or JSON.

Everything logs through ``logging.getLogger(__name__)`` and passes its values by ``extra={…}``.
A log that cannot be written (disk full, folder gone) never raises into the program: lines are
counted instead, and the count is the first thing written when writing works again.
"""

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from djobs_local.plain_file import open_plain
from djobs_protocol.endpoint import DAEMON_LOG

LINE_BYTES_MAX: Final = 64 * 1024

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
}

log = logging.getLogger(__name__)

TALKATIVE: Final = ("aiosqlite", "asyncio")
"""At DEBUG they tell of every function call and nothing of the work."""


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was passed as ``extra``."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _time_of(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class TextFormatter(logging.Formatter):
    """``2026-11-22T10:00:00.000+00:00 INFO lifecycle: Serving. socket='…'``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, and its traceback below it."""
        name = record.name.rpartition(".")[2]
        fields = "".join(f" {key}={value!r}" for key, value in fields_of(record).items())
        line = f"{_time_of(record)} {record.levelname} {name}: {record.getMessage()}{fields}"
        line = line.replace("\n", "\\n")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object per line. No field hides the time, level, logger or message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        entry = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry = entry | fields_of(record) | entry
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=repr, ensure_ascii=False)


def _lines_lost(count: int) -> logging.LogRecord:
    fields = {"name": __name__, "levelno": logging.ERROR, "levelname": "ERROR", "count": count}
    return logging.makeLogRecord({**fields, "msg": "Lines lost."})


class Sink(logging.Handler):
    """Writes formatted lines; counts those it cannot write, and never raises."""

    def __init__(self) -> None:
        super().__init__()
        self.lost_lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            if self.lost_lines:
                self.write_line(self.format(_lines_lost(self.lost_lines)))
                self.lost_lines = 0
            self.write_line(self.format(record))
        except Exception:  # noqa: BLE001 - a log that raises would end what it reports on
            self.lost_lines += 1

    def write_line(self, line: str) -> None:
        """Write one line."""
        raise NotImplementedError

    def reopen(self) -> None:
        """Open the destination again, where that means anything; raise ``OSError`` and keep it."""

    @staticmethod
    def encode(line: str) -> bytes:
        """Return the bytes of a line, newline included, at most ``LINE_BYTES_MAX`` of them."""
        return line.encode("utf-8", "backslashreplace")[: LINE_BYTES_MAX - 1] + b"\n"


class StderrSink(Sink):
    """For a daemon in the foreground."""

    def write_line(self, line: str) -> None:
        """Write to file descriptor 2."""
        os.write(2, self.encode(line))


class FileSink(Sink):
    """A file of bounded size, readable by its owner only.

    ``generations`` of full files are kept besides it: ``daemon.log.1`` is the newest of them.
    """

    def __init__(self, path: str, bytes_max: int, generations: int) -> None:
        super().__init__()
        self.path = path
        self._bytes_max = bytes_max
        self._generations = generations
        self._fd = -1
        self._size = 0
        self.reopen()

    def reopen(self) -> None:
        """Open the path again: after rotation, or when another program moved the file.

        Where it cannot be opened (``OSError``), what is open stays the log.
        """
        fd = open_plain(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW)
        self.acquire()  # lines are written by every thread
        try:
            old, self._fd, self._size = self._fd, fd, os.fstat(fd).st_size
        finally:
            self.release()
        if old >= 0:
            os.close(old)

    def write_line(self, line: str) -> None:
        """Append one line, after rotating when the file is full."""
        data = self.encode(line)
        if self._size and self._size + len(data) > self._bytes_max:
            self._rotate()
        self._size += os.write(self._fd, data)

    def close(self) -> None:
        """Close the file."""
        super().close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _rotate(self) -> None:
        if os.path.exists(self.path):  # else an earlier attempt moved it and could open no other
            self._shift()
        self.reopen()

    def _shift(self) -> None:
        for number in range(self._generations, 0, -1):
            source = f"{self.path}.{number - 1}" if number > 1 else self.path
            if os.path.exists(source):
                os.replace(source, f"{self.path}.{number}")


def new_file_sink(state: str, bytes_max: int, generations: int) -> FileSink:
    """Return the daemon's own log file."""
    return FileSink(os.path.join(state, DAEMON_LOG), bytes_max, generations)


def configure(sink: Sink, level: str, log_format: str) -> None:
    """Send every log record, warning and uncaught exception of the process to ``sink``.

    ``level`` is a name of ``logging``'s, ``log_format`` is ``json`` or ``text``.
    """
    logging.raiseExceptions = False
    sink.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [sink]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.INFO))
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    log.critical("Uncaught exception.", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        thread = args.thread.name if args.thread else "?"
        log.critical(
            "Uncaught exception in a thread.",
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            extra={"of_thread": thread},
        )
