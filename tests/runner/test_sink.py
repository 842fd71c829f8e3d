"""What a sink keeps, on a disk that refuses when it is told to."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from djobs_daemon.executors import run_log
from djobs_runner import sink as sinks
from djobs_runner.sink import Sink


class Disk:
    """Takes so many bytes, and refuses the rest."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        self.opened = 0
        # A stand-in for the sink alone: everybody else writes to the same module's disk.
        stand_in = SimpleNamespace(**{**vars(os), "write": self.write, "open": self.open})
        monkeypatch.setattr(sinks, "os", stand_in)

    def open(self, path: str, flags: int, mode: int) -> int:
        self.opened += 1
        return os.open(path, flags, mode)

    def write(self, fd: int, raw: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "full")
        written = os.write(fd, raw[: self.room])
        self.room -= written
        return written


def kept(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("out.*"))


def test_a_disk_that_stays_full_pushes_out_one_segment_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, 10_000)
    sink = Sink(str(tmp_path), "out", 0, 4000)
    sink.write(b"x" * 4000, 0.0)
    disk.room = 0
    for minute in range(20):
        sink.write(b"y" * 10, minute * 60.0)
    assert kept(tmp_path) == 3000
    assert (sink.total_bytes, sink.dropped_bytes) == (4200, 200)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_comes_after_a_gap_stands_at_its_own_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, 5)
    sink = Sink(str(tmp_path), "out", 1000, 1000)
    sink.write(b"0123456789", 0.0)
    disk.room = 1000
    sink.write(b"lost, as it rests", 0.01)
    sink.write(b"after", 60.0)
    sink.close()
    first = run_log.read(str(tmp_path), "out", 0, 100)
    assert (first.data, first.next_offset) == (b"01234", 5)
    after = run_log.read(str(tmp_path), "out", 5, 100)
    assert (after.data, after.missing, after.offset) == (b"after", 22, 27)
    assert sink.dropped_bytes == 22
    assert sink.error == "full"


def test_a_full_disk_is_asked_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch, 0)
    sink = Sink(str(tmp_path), "out", 1000, 1000)
    for tenth in range(600):
        sink.write(b"x", tenth / 10)
    assert 60 / sinks.RETRY_SECONDS_MAX <= disk.opened <= 60 / sinks.RETRY_SECONDS_MAX + 8
    assert kept(tmp_path) == 0


def test_without_splice_the_same_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "splice", raising=False)
    sink = Sink(str(tmp_path), "out", 10, 40)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.write(writer, bytes(range(100)))
    assert sink.pump(reader, 0.0)
    with pytest.raises(BlockingIOError):
        sink.pump(reader, 0.0)
    os.close(writer)
    assert not sink.pump(reader, 0.0)
    os.close(reader)
    sink.close()
    assert run_log.read(str(tmp_path), "out", 0, 100).data == bytes(range(10))
    end = run_log.read(str(tmp_path), "out", 10, 100)
    assert end.data == bytes(range(end.offset, 100))
    assert 30 <= len(end.data) <= 40


def test_a_file_system_that_cannot_splice_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: int) -> int:
        raise OSError(errno.EINVAL, "cannot")

    monkeypatch.setattr(os, "splice", cannot, raising=False)
    sink = Sink(str(tmp_path), "out", 1000, 0)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.write(writer, b"text\n")
    assert sink.pump(reader, 0.0)
    os.close(writer)
    os.close(reader)
    assert sink.ends_in_line()
    sink.close()
    assert run_log.read(str(tmp_path), "out", 0, 100).data == b"text\n"


@pytest.mark.parametrize(
    ("head", "tail", "first", "total"), [(0, 0, b"", 0), (4, 0, b"xxxx", 4), (0, 8, b"xxxxxxxx", 8)]
)
def test_nothing_is_kept_beyond_the_caps(
    tmp_path: Path, head: int, tail: int, first: bytes, total: int
) -> None:
    sink = Sink(str(tmp_path), "out", head, tail)
    for _ in range(100):
        sink.write(b"x", 0.0)
    sink.close()
    assert kept(tmp_path) == total
    assert sink.total_bytes == 100
    assert run_log.read(str(tmp_path), "out", 0, 100).data == first
