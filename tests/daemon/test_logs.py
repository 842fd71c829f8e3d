"""The daemon's log: complete, bounded, private, and never the reason for a failure."""

import json
import logging
import os
import signal
import stat
import subprocess
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_daemon import logs
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until
from tests.harness.limits import no_more_descriptors

log = logging.getLogger("djobs_daemon.test_logs")

FILE_BYTES_MAX = 1024 * 1024
GENERATIONS = 5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daemon.log"


@pytest.fixture
def configured(path: Path) -> Iterator[logs.FileSink]:
    """Return a sink that gets everything this process logs, in JSON, until the test's end."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions, threading.excepthook)
    sink = logs.FileSink(str(path), FILE_BYTES_MAX, GENERATIONS)
    logs.configure(sink, "info", "json")
    yield sink
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.raiseExceptions = before[2]
    threading.excepthook = before[3]
    logging.captureWarnings(False)
    sink.close()


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def record(message: str, **fields: object) -> logging.LogRecord:
    found = logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "a.b", **fields})
    found.created = 0.0
    return found


def test_json_has_the_message_and_its_fields(configured: logs.FileSink, path: Path) -> None:
    log.info("Something happened.", extra={"job": "j1", "path": Path("/x")})
    (entry,) = entries(path)
    assert entry["message"] == "Something happened."
    assert entry["job"] == "j1"
    assert entry["level"] == "info"
    assert entry["logger"] == "djobs_daemon.test_logs"
    assert str(entry["time"]).endswith("+00:00")


def test_no_field_can_pass_for_the_message_or_the_time() -> None:
    fake = record("real")
    fake.__dict__["level"] = "critical"
    fake.__dict__["time"] = "then"
    entry = json.loads(logs.JsonFormatter().format(fake))
    assert entry["level"] == "info"
    assert entry["time"] == "1970-01-01T00:00:00.000+00:00"


def test_text_is_one_line_whatever_the_values_hold() -> None:
    line = logs.TextFormatter().format(record("It\nhappened.", name_of="x\ny"))
    assert "\n" not in line
    assert line.startswith("1970-01-01T00:00:00.000+00:00 INFO b: It\\nhappened.")


def test_a_message_below_the_level_is_not_written(configured: logs.FileSink, path: Path) -> None:
    log.debug("Too fine.")
    assert path.read_text() == ""


def test_warnings_and_uncaught_exceptions_are_logged(configured: logs.FileSink, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("look here", stacklevel=1)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    found = entries(path)
    assert "look here" in str(found[0]["message"])
    assert "ZeroDivisionError" in str(found[1]["exception"])


def test_the_file_is_private(configured: logs.FileSink, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_file_becomes_a_generation_and_the_oldest_goes(path: Path) -> None:
    sink = logs.FileSink(str(path), bytes_max=100, generations=2)
    for number in range(12):
        sink.write_line(f"{number:02d} " + "x" * 45)
    sink.close()
    names = sorted(each.name for each in path.parent.iterdir())
    assert names == ["daemon.log", "daemon.log.1", "daemon.log.2"]
    assert path.read_text().split()[::2] == ["10", "11"]
    assert Path(f"{path}.2").read_text().split()[::2] == ["06", "07"]
    assert all(each.stat().st_size <= 100 for each in path.parent.iterdir())


def test_one_monstrous_line_is_cut(path: Path) -> None:
    sink = logs.FileSink(str(path), FILE_BYTES_MAX, GENERATIONS)
    sink.write_line("x" * 10 * logs.LINE_BYTES_MAX)
    sink.close()
    assert path.stat().st_size == logs.LINE_BYTES_MAX


class FullDisk(logs.FileSink):
    """A file on a disk that is full for as long as the test says."""

    full = True

    def write_line(self, line: str) -> None:
        """Write, or fail as a full disk does."""
        if self.full:
            raise OSError(28, os.strerror(28))
        super().write_line(line)


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_a_full_disk_raises_nothing_and_the_lost_lines_are_counted_in_the_logs_format(
    path: Path, formatter: logging.Formatter
) -> None:
    sink = FullDisk(str(path), FILE_BYTES_MAX, GENERATIONS)
    sink.setFormatter(formatter)
    for number in range(3):
        sink.handle(record(f"lost {number}"))
    sink.full = False
    sink.handle(record("back again"))
    sink.close()
    lines = path.read_text().splitlines()
    if isinstance(formatter, logs.JsonFormatter):
        lost = json.loads(lines[0])
        assert (lost["message"], lost["count"], lost["level"]) == ("Lines lost.", 3, "error")
    else:
        assert "ERROR logs: Lines lost. count=3" in lines[0]
    assert "back again" in lines[1]


def test_a_log_that_cannot_be_opened_after_rotation_keeps_its_generations(path: Path) -> None:
    sink = logs.FileSink(str(path), bytes_max=200, generations=2)
    sink.setFormatter(logs.TextFormatter())
    for number in range(3):
        sink.write_line(f"{number} " + "x" * 180)
    with no_more_descriptors():
        for _ in range(5):
            sink.handle(record("lost"))
    sink.handle(record("back again"))
    sink.close()
    assert Path(f"{path}.2").read_text().startswith("1 ")
    assert Path(f"{path}.1").read_text().startswith("2 ")
    assert "Lines lost. count=5" in path.read_text()


def test_a_record_that_cannot_be_formatted_raises_nothing(configured: logs.FileSink) -> None:
    log.info("%d apples", "no number")
    assert configured.lost_lines == 1


def test_sighup_opens_a_log_that_was_moved_away_again(running_daemon: DaemonHome) -> None:
    moved = running_daemon.folder / "logs" / "moved.log"
    (running_daemon.folder / "logs" / "daemon.log").rename(moved)
    running_daemon.signal(signal.SIGHUP)
    wait_until(running_daemon.log_text, "the new log is written")
    before = moved.stat().st_size
    running_daemon.stop()
    assert running_daemon.logged("Stopped.")
    assert moved.stat().st_size == before


def test_a_log_that_cannot_be_opened_again_goes_on_where_it_was(running_daemon: DaemonHome) -> None:
    log_file = running_daemon.folder / "logs" / "daemon.log"
    moved = log_file.with_name("moved.log")
    log_file.rename(moved)
    log_file.symlink_to(moved)  # which a log is never written through
    running_daemon.signal(signal.SIGHUP)
    refusal = "The log could not be opened again"
    wait_until(lambda: refusal in moved.read_text("utf-8"), "the refusal is logged")
    assert running_daemon.status()["pid"] == running_daemon.pid()
    running_daemon.stop()
    assert '"Stopped."' in moved.read_text("utf-8")


@pytest.mark.parametrize(("chosen", "is_json"), [("json", True), ("text", False)])
def test_the_foreground_logs_to_stderr_in_the_format_chosen(
    chosen: str, is_json: bool, daemon_home: DaemonHome
) -> None:
    daemon = daemon_home.foreground(DJOBS_LOG_FORMAT=chosen)
    daemon_home.wait_ready()
    daemon.send_signal(signal.SIGTERM)
    output, errors = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert output == b""
    assert b"Serving." in errors
    assert (errors[:1] == b"{") == is_json
    assert not (daemon_home.folder / "logs" / "daemon.log").exists()


def test_the_level_is_a_setting(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_LOG_LEVEL="ERROR")
    daemon_home.stop()
    assert daemon_home.log_text() == ""


def test_a_daemon_whose_log_cannot_be_written_serves_all_the_same(daemon_home: DaemonHome) -> None:
    """Standard error of a foreground daemon is a pipe whose reader is gone."""
    daemon = subprocess.Popen(
        daemon_home.command(),
        env=daemon_home.env,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert daemon.stderr is not None
    daemon.stderr.close()
    daemon_home.wait_ready()
    daemon.send_signal(signal.SIGHUP)
    assert daemon_home.status()["pid"] == daemon.pid
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(PATIENCE_SECONDS) == 0


def test_debug_tells_of_djobs_and_not_of_every_call_of_a_library(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_LOG_LEVEL="DEBUG")
    daemon_home.status()
    with daemon_home.connect() as connection:
        connection.call("daemon.health")
    assert "aiosqlite" not in {entry["logger"] for entry in daemon_home.log_entries()}
