"""The daemon dies again and again under eight clients; nobody notices anything but time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from djobs_local.backoff import DELAY_SECONDS_MAX
from tests.chaos.agent import Agent
from tests.chaos.killing import Killer
from tests.chaos.notes import Notes, broken_promises
from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Ask, Editor
from tests.harness.length import times

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
def test_kills_of_the_daemon_lose_and_double_nothing(
    daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = times(200)
    notes, killer = end_daemons(daemon_home, times=kills, polite=0.0, seed=2)
    assert killer.kills == kills
    with capsys.disabled():
        print(f"\n{ends(killer)}: {tally(notes)}, nothing lost, nothing doubled")  # noqa: T201 - the numbers are the result


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_restarts_of_both_kinds_lose_and_double_nothing(
    daemon_home: DaemonHome, capsys: pytest.CaptureFixture[str]
) -> None:
    notes, killer = end_daemons(daemon_home, times=times(60), polite=0.5, seed=3)
    with capsys.disabled():
        print(f"\n{ends(killer)}: {tally(notes)}, as promised")  # noqa: T201 - as above


def ends(killer: Killer) -> str:
    """Return in a few words how often and when the daemon was ended."""
    return (
        f"{killer.kills} kills and {killer.stops} stops, {killer.met_calls} of them with "
        f"{sum(killer.met)} calls in flight"
    )


def die_under_two_clients(home: DaemonHome, times: int) -> None:
    """Kill each daemon with calls under way; each is answered once, however long the pause."""
    pause = f"{DELAY_SECONDS_MAX:g}"  # the default, which editors of other tests turn off
    with (
        Editor(home, "/repo/0", LEGACY, DJOBS_START_BACKOFF_MAX_S=pause) as first,
        Editor(home, "/repo/1", MODERN, DJOBS_START_BACKOFF_MAX_S=pause) as second,
    ):
        editors = (first, second)
        for editor in editors:
            editor.open()
        ids = []
        for number in range(times):
            task = Ask("enqueue_task", {"task_type": f"t{number}"})
            asked = [(editor, editor.ask_all([task] * 4)) for editor in editors]
            home.kill9()
            ids += [editor.outcome(each)[1]["id"] for editor, every in asked for each in every]
        found = [editor.call("resume_session")["unfinished"] for editor in editors]
        assert [editor.strays for editor in editors] == [[], []]
    assert len(set(ids)) == len(ids) == 8 * times
    assert found == [4 * times] * 2


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_6_deaths_with_the_default_pause_end_no_session(daemon_home: DaemonHome) -> None:
    die_under_two_clients(daemon_home, times=6)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_deaths_with_the_default_pause_end_no_session(daemon_home: DaemonHome) -> None:
    die_under_two_clients(daemon_home, times=times(12))  # the longest pause comes after eight


def tally(notes: Notes) -> str:
    """Return the counts in one line."""
    return (
        f"{notes.answers} answers, {len(notes.enqueued)} jobs enqueued, {len(notes.ended)} ended, "
        f"{len(notes.refused)} refused, {len(notes.given_up)} cancelled"
    )
