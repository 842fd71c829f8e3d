"""Sessions die one after another, some with their daemon; the next one finds exactly the rest."""

import random
import signal
import time
from typing import Any

import pytest

from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import LEGACY, MODERN, Ask, Editor

WORKSPACE = "/repo/of/many/sessions"
TASKS_AT_ONCE = 12
REPORTS_AT_ONCE = 6
PAGE = 7
"""Small, so that every resume turns pages."""


class Story:
    """What is certain about one workspace, from session to session."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.open: dict[str, str] = {}
        """Marker to id of every task that must be unfinished."""
        self.in_doubt: set[str] = set()
        """Markers whose end was asked for and not answered."""
        self.batches_in_doubt: list[set[str]] = []
        """Batches that were sent and not answered: all or nothing."""
        self._last_marker = 0

    def markers(self, count: int) -> list[str]:
        """Return new markers."""
        self._last_marker += count
        return [f"m{n}." for n in range(self._last_marker - count + 1, self._last_marker + 1)]

    def compare(self, found: dict[str, str]) -> None:
        """Fail unless a new session found exactly the rest; from then on that is certain."""
        certain = self.open.keys() - self.in_doubt
        lost = certain - found.keys()
        assert not lost, f"lost: {sorted(lost)}"
        for batch in self.batches_in_doubt:
            assert not batch & found.keys() or batch <= found.keys(), f"half a batch: {batch}"
        unsure = self.in_doubt.union(*self.batches_in_doubt)
        undead = found.keys() - certain - unsure
        assert not undead, f"ended, yet found again: {sorted(undead)}"
        self.open, self.in_doubt, self.batches_in_doubt = found, set(), []


def resume_all(editor: Editor) -> dict[str, str]:
    """Return marker and id of everything unfinished, page by page."""
    found: dict[str, str] = {}
    page = editor.call("resume_session", limit=PAGE)
    while True:
        tasks = page.get("tasks", [])
        found |= {task["payload"]["marker"]: task["id"] for task in tasks}
        if "next_cursor" not in page:
            assert len(found) == page["unfinished"]
            return found
        page = editor.call("resume_session", limit=PAGE, cursor=page["next_cursor"])


def begin_to_work(editor: Editor, story: Story) -> dict[int, list[str]]:
    """Send an enqueue and some reports at once; return request ids and what each is about."""
    batch = story.markers(story.random.randint(1, TASKS_AT_ONCE))
    tasks = [{"payload": {"marker": marker}} for marker in batch]
    asks = [Ask("enqueue_task", {"task_type": "file", "tasks": tasks})]
    about = [batch]
    count = min(len(story.open), REPORTS_AT_ONCE)
    for marker in story.random.sample(sorted(story.open), count):
        asks.append(Ask("complete_task", {"task_id": story.open[marker], "evidence": marker}))
        about.append([marker])
    return dict(zip(editor.ask_all(asks), about, strict=True))


def take_stock(editor: Editor, story: Story, asked: dict[int, list[str]]) -> None:
    """After the death of a session: note what it had heard, and what is in doubt."""
    enqueue, *reports = asked
    content = outcome(editor, enqueue)
    if content is None:
        story.batches_in_doubt.append(set(asked[enqueue]))
    else:
        ids = content.get("ids") or [content["id"]]
        story.open |= dict(zip(asked[enqueue], ids, strict=True))
    for number in reports:
        (marker,) = asked[number]
        if outcome(editor, number) is None:
            story.in_doubt.add(marker)
        else:
            del story.open[marker]


def outcome(editor: Editor, number: int) -> dict[str, Any] | None:
    """Return the content of an answer that had come, which must be a good one."""
    if editor.heard(number) is None:
        return None
    is_error, content = editor.outcome(number)
    assert not is_error, content
    return content


def wait_forgotten(home: DaemonHome, pid: int) -> None:
    """Wait until the daemon has dealt with everything that a dead shim had sent."""
    if home.alive():
        wait_until(
            lambda: all(known["pid"] != pid for known in home.status().get("connections", [])),
            "the daemon has let go of a dead session",
        )


def die(home: DaemonHome, editor: Editor, story: Story, with_daemon: float) -> None:
    """Kill the shim at some moment of its work, and now and then the daemon before or after."""
    time.sleep(story.random.uniform(0, 0.03))  # the moment, not a wait
    killing_both = story.random.random() < with_daemon
    daemon_first = story.random.random() < 0.5
    if killing_both and daemon_first:
        home.signal(signal.SIGKILL)
    editor.kill9()
    if killing_both and not daemon_first:
        home.signal(signal.SIGKILL)
    if killing_both:
        home.wait_gone()


def live_through(home: DaemonHome, sessions: int, with_daemon: float, seed: int) -> Story:
    """Let sessions work and die; every one must find exactly what is left."""
    story = Story(seed)
    for number in range(sessions):
        version = (LEGACY, MODERN)[number % 2]
        with Editor(home, WORKSPACE, version) as editor:
            editor.open()
            story.compare(resume_all(editor))
            asked = begin_to_work(editor, story)
            pid = editor.process.pid
            die(home, editor, story, with_daemon)
            assert editor.strays == []
            take_stock(editor, story, asked)
        wait_forgotten(home, pid)
    with Editor(home, WORKSPACE) as last:
        last.open()
        story.compare(resume_all(last))
    with home.connect() as connection:
        assert connection.call("db.check")["ok"]
    return story


def test_five_killed_sessions_leave_exactly_the_rest_to_the_next(daemon_home: DaemonHome) -> None:
    assert live_through(daemon_home, 5, with_daemon=0.0, seed=1).open


def test_sessions_killed_together_with_the_daemon_leave_exactly_the_rest(
    daemon_home: DaemonHome,
) -> None:
    assert live_through(daemon_home, 4, with_daemon=1.0, seed=2).open


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_50_killed_sessions_leave_exactly_the_rest_to_the_next(daemon_home: DaemonHome) -> None:
    assert live_through(daemon_home, 50, with_daemon=0.0, seed=3).open


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_30_sessions_half_of_them_killed_with_the_daemon_leave_exactly_the_rest(
    daemon_home: DaemonHome,
) -> None:
    assert live_through(daemon_home, 30, with_daemon=0.5, seed=4).open
