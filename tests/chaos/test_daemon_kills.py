"""The daemon dies again and again under eight clients; nobody notices anything but time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.chaos.agent import Agent
from tests.chaos.killing import Killer
from tests.chaos.notes import Notes, broken_promises
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Editor

CLIENTS = 8
JOIN_SECONDS = 90.0
MET_SHARE_MIN = 0.7
"""Of the ends, those that must meet calls in flight, or little is shown by them."""


@contextmanager
def agents_at_work(home: DaemonHome, notes: Notes, seed: int) -> Iterator[list[Agent]]:
    """Let agents of both eras work; at the end wait until each has its last answer."""
    with ExitStack() as stack:
        agents = []
        for number in range(CLIENTS):
            version = (LEGACY, MODERN)[number % 2]
            editor = stack.enter_context(Editor(home, f"/repo/{number % 3}", version))
            agents.append(Agent(editor, notes, seed * CLIENTS + number))
        for agent in agents:
            agent.start()
        yield agents
        for agent in agents:
            agent.stop()
        for agent in agents:
            agent.join(JOIN_SECONDS)


def end_daemons(home: DaemonHome, times: int, polite: float, seed: int) -> tuple[Notes, Killer]:
    """Let agents work while daemons end; fail on any promise that was broken."""
    notes = Notes()
    with agents_at_work(home, notes, seed) as agents:
        killer = Killer(
            home, notes, lambda: sum(agent.editor.in_flight() for agent in agents), seed
        )
        for _ in range(times):
            killer.end_one(polite)
    strays = [stray for agent in agents for stray in agent.editor.strays]
    notices = [notice for agent in agents for notice in agent.editor.notifications]
    assert (notes.problems, strays, notices) == ([], [], []), tally(notes)
    assert killer.met_calls >= times * MET_SHARE_MIN, killer.met
    with home.connect() as connection:
        report = connection.call("db.check")
    assert report["ok"], report
    assert len(home.births()) == times + 1, "a daemon ended that nobody had ended"
    home.stop()
    assert broken_promises(notes, home) == []
    return notes, killer


@pytest.mark.timeout(180)
def test_20_ends_of_the_daemon_lose_and_double_nothing(
    daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str]
) -> None:
    notes, killer = end_daemons(daemon_home, times=20, polite=0.2, seed=1)
    with capsys.disabled():
        print(f"\n{ends(killer)}: {tally(notes)}")  # noqa: T201 - as below
    assert killer.kills + killer.stops == 20
    assert notes.enqueued
    assert notes.ended


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_200_kills_of_the_daemon_lose_and_double_nothing(
    daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str]
) -> None:
    notes, killer = end_daemons(daemon_home, times=200, polite=0.0, seed=2)
    assert killer.kills == 200
    with capsys.disabled():
        print(f"\n{ends(killer)}: {tally(notes)}, nothing lost, nothing doubled")  # noqa: T201 - the numbers are the result


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_60_restarts_of_both_kinds_lose_and_double_nothing(
    daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str]
) -> None:
    notes, killer = end_daemons(daemon_home, times=60, polite=0.5, seed=3)
    with capsys.disabled():
        print(f"\n{ends(killer)}: {tally(notes)}, as promised")  # noqa: T201 - as above


def ends(killer: Killer) -> str:
    """Return in a few words how often and when the daemon was ended."""
    return (
        f"{killer.kills} kills and {killer.stops} stops, {killer.met_calls} of them with "
        f"{sum(killer.met)} calls in flight"
    )


def tally(notes: Notes) -> str:
    """Return the counts in one line."""
    return (
        f"{notes.answers} answers, {len(notes.enqueued)} jobs enqueued, {len(notes.ended)} ended, "
        f"{len(notes.refused)} refused, {len(notes.given_up)} cancelled"
    )
