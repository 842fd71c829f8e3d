"""Daemons that end one after the other with the same line, and daemons that stay silent."""

import contextlib
import json
import os
from pathlib import Path

import pytest

from djobs_shim.patience import (
    AWAY_SECONDS_MAX,
    GIVE_UP,
    KEEP_TRYING,
    SILENCE_SECONDS,
    Patience,
    Silence,
)
from djobs_shim.state import RelayState
from tests.harness.waiting import wait_until
from tests.shim import patched
from tests.shim.process import running, sleeps_soundly
from tests.shim.standin import StandIn

START = 1000.0


def meet(state: RelayState, said: bytes = b"") -> tuple[int, list[int]]:
    """Let a daemon greet, say something and end; return the deaths and the suspect it was told."""
    state.attach()
    hello = json.loads(bytes(state.to_daemon.piece(1 << 20)).split(b"\n")[0])
    state.from_daemon(b"~{}\n" + said)
    state.detach()
    return hello["deaths"], hello["suspect"]


def holding(*lines: bytes) -> RelayState:
    state = RelayState('"link":1')
    state.from_client(b"\n".join(lines) + b"\n")
    return state


def test_the_ends_that_the_first_unanswered_line_has_seen_are_counted() -> None:
    state = holding(b"{1}", b"{2}")
    assert [meet(state)[0] for _ in range(3)] == [0, 1, 2]
    assert meet(state, b"=2 {}\n")[0] == 3
    state.from_client(b"{3}\n")
    assert meet(state, b"=1 {}\n")[0] == 4
    assert [meet(state)[0] for _ in range(2)] == [1, 2]


def test_ends_while_nothing_is_asked_are_not_counted() -> None:
    state = RelayState('"link":1')
    meet(state)
    state.from_client(b"{1}\n")
    assert meet(state)[0] == 0


def test_a_line_is_suspected_when_daemons_end_that_had_taken_it_alone() -> None:
    state = holding(b"{1}", b"{2}")
    assert [meet(state, b"?1\n=1 {}\n?2\n")[1], meet(state, b"?2\n")[1]] == [[0, 0], [2, 1]]
    assert meet(state, b"?2\n=2 {}\n")[1] == [2, 2]
    assert meet(state)[1] == [0, 0]


@pytest.mark.parametrize("word", [b"", b"?0\n", b"?2\n?0\n"])
def test_a_daemon_that_ends_without_having_taken_the_line_clears_it(word: bytes) -> None:
    state = holding(b"{1}", b"{2}")
    assert [meet(state, b"?2\n")[1], meet(state, word)[1], meet(state)[1]] == [
        [0, 0],
        [2, 1],
        [0, 0],
    ]


def test_another_line_that_was_taken_is_suspected_in_its_place() -> None:
    state = holding(b"{1}", b"{2}")
    for word in (b"?1\n", b"?1\n", b"?2\n"):
        meet(state, word)
    assert meet(state)[1] == [2, 1]


@pytest.mark.parametrize("word", [b"?\n", b"?x\n", b"?-1\n", b"?" + b"9" * 30 + b"\n"])
def test_a_garbled_word_suspects_nobody(word: bytes) -> None:
    state = holding(b"{1}")
    meet(state, word)
    assert meet(state)[1] == [0, 0]


def verdict(patience: Patience, at: float) -> str:
    return patience.verdict(START + at, unanswered=True, starting=False, trouble=None)


def wait_for_daemons(patience: Patience, absences: int, seconds: float) -> None:
    """Miss one daemon after the other, each for some seconds; each only greets."""
    for number in range(absences):
        patience.lost(START + number * seconds)
        assert verdict(patience, number * seconds) == KEEP_TRYING
        patience.welcomed(START + (number + 1) * seconds)


def test_absences_add_up_while_no_line_is_answered() -> None:
    patience = Patience(START)
    patience.welcomed(START)
    wait_for_daemons(patience, absences=5, seconds=10)
    patience.lost(START + 500)
    assert verdict(patience, 500) == KEEP_TRYING
    assert patience.deadline(starting=False) == START + 500 + AWAY_SECONDS_MAX - 50
    assert verdict(patience, 500 + AWAY_SECONDS_MAX - 50) == GIVE_UP


def test_an_answer_makes_up_for_the_absences_before_it() -> None:
    patience = Patience(START)
    patience.welcomed(START)
    wait_for_daemons(patience, absences=5, seconds=10)
    patience.acknowledged()
    patience.lost(START + 500)
    assert verdict(patience, 500) == KEEP_TRYING
    assert patience.deadline(starting=False) == START + 500 + AWAY_SECONDS_MAX


def test_daemons_that_come_and_go_are_not_waited_for_without_end(
    home: Path, daemon: StandIn
) -> None:
    run = patched.shim("patience.AWAY_SECONDS_MAX = 0.5", patched.NO_START_POSSIBLE)
    with running(home, run=run) as shim:
        daemon.serve().close()
        shim.say(b'{"id":1}\n')
        while shim.process.poll() is None:
            if daemon.has_visitor():
                link = daemon.accept()
                with contextlib.suppress(EOFError, OSError):  # the shim may have just left
                    link.greet()
                link.close()
        assert shim.status() == 75
        assert "has not answered" in shim.errors()


def test_silence_is_news_once_and_again_after_an_answer() -> None:
    silence = Silence()

    def is_news(at: float, acknowledged: int = 0, asked: bool = True) -> bool:
        return silence.is_news(START + at, asked=asked, acknowledged=acknowledged)

    def deadline() -> float | None:
        return silence.deadline

    assert not is_news(0)
    assert deadline() == START + SILENCE_SECONDS
    assert not is_news(SILENCE_SECONDS - 1)
    assert is_news(SILENCE_SECONDS)
    assert deadline() is None
    assert not is_news(SILENCE_SECONDS + 1)
    assert not is_news(100, acknowledged=1)
    assert deadline() == START + 100 + SILENCE_SECONDS
    assert is_news(100 + SILENCE_SECONDS, acknowledged=1)
    assert not is_news(300, acknowledged=1, asked=False)
    assert deadline() is None


def test_a_connected_daemon_that_leaves_a_request_unanswered_is_named_once(
    home: Path, daemon: StandIn
) -> None:
    run = patched.shim("patience.SILENCE_SECONDS = 0.2")
    with running(home, run=run) as shim:
        link = daemon.serve()
        shim.say(b'{"id":1}\n')
        assert shim.process.stderr is not None
        told = shim.process.stderr.readline().decode()
        assert f"pid {os.getpid()}" in told
        assert "unanswered" in told
        wait_until(lambda: sleeps_soundly(shim), "nothing more is said")
        link.send(b"=1 {}\n")
        assert shim.line() == b"{}"
        shim.end()
        link.close()
        assert shim.status() == 0
        assert shim.errors() == ""
