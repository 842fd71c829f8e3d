"""What a starting daemon says, and what its starter makes of it (R13)."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_local import verdict
from djobs_local.ready_pipe import ReadyPipe, parse_line


class Ends(NamedTuple):
    reader: int
    pipe: ReadyPipe


@pytest.fixture
def ends() -> Iterator[Ends]:
    reader, writer = os.pipe()
    made = Ends(reader, ReadyPipe(writer))
    yield made
    made.pipe.close()
    os.close(reader)


def heard(ends: Ends, seconds: float = 5.0) -> "verdict.Word | None":
    deadline = time.monotonic() + seconds
    return verdict.listen(ends.reader, lambda: deadline, lambda: None)


def test_ready_is_heard_with_its_facts_and_ends_the_conversation(ends: Ends) -> None:
    ends.pipe.progress("migrating")
    ends.pipe.ready(pid=7)
    ends.pipe.failed("late", "never said")
    assert heard(ends) == ("ready", {"pid": 7})
    assert os.read(ends.reader, 1) == b""


def test_a_failure_is_heard_with_its_reason(ends: Ends) -> None:
    ends.pipe.failed("store", "bad page", errno=5, path="/db", code="db_corrupt")
    word = heard(ends)
    assert word is not None
    assert word[0] == "failed"
    assert word[1]["errno"] == 5


def test_silence_at_the_end_is_death(ends: Ends) -> None:
    ends.pipe.progress("nearly")
    ends.pipe.close()
    assert heard(ends) == verdict.DIED


def test_silence_until_the_deadline_is_neither(ends: Ends) -> None:
    assert heard(ends, 0.02) is None


def test_each_progress_is_noticed(ends: Ends) -> None:
    seen: list[int] = []
    for _ in range(3):
        ends.pipe.progress("on")
    ends.pipe.ready()
    verdict.listen(ends.reader, lambda: time.monotonic() + 5, lambda: seen.append(1))
    assert len(seen) == 3


def test_a_starter_that_left_does_not_hurt_the_daemon() -> None:
    reader, writer = os.pipe()
    pipe = ReadyPipe(writer)
    os.close(reader)
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN
    pipe.progress("on")
    pipe.ready()


def test_a_starter_that_does_not_read_does_not_stop_the_daemon(ends: Ends) -> None:
    for _ in range(2000):
        ends.pipe.progress("x" * 100)


def test_without_a_pipe_everything_is_silent() -> None:
    pipe = ReadyPipe(None)
    pipe.progress("on")
    pipe.lost_election()


def test_children_do_not_inherit_the_pipe() -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    pipe = ReadyPipe(writer)
    assert not os.get_inheritable(writer)
    pipe.close()
    os.close(reader)


@given(st.binary(max_size=300))
def test_noise_on_the_pipe_is_never_a_word(noise: bytes) -> None:
    word = parse_line(noise)
    assert word is None or word[0] in ("ready", "progress", "failed")


def test_a_flood_without_a_newline_is_not_collected_for_ever() -> None:
    reader, writer = os.pipe()
    flood = subprocess.Popen(["/bin/cat", "/dev/zero"], stdout=writer)
    os.close(writer)
    try:
        deadline = time.monotonic() + 10
        assert verdict.listen(reader, lambda: deadline, lambda: None) == verdict.DIED
    finally:
        os.close(reader)
        flood.kill()
        flood.wait()
