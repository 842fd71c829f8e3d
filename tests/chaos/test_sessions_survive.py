"""What a session has besides calls: its opening, subscriptions, cancelled requests."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Ask, Editor

KILLS = 2
LISTENING = "notifications/subscriptions/acknowledged"
NEWS_OF_TOOLS = {"notifications": {"toolsListChanged": True}}


def test_a_subscription_outlives_daemons_without_a_stray_message(daemon_home: DaemonHome) -> None:
    with Editor(daemon_home, version=MODERN) as editor:
        editor.open()
        editor.ask("subscriptions/listen", NEWS_OF_TOOLS)
        editor.notified(LISTENING)
        for _ in range(KILLS):
            editor.call("health")
            daemon_home.kill9()
        editor.call("health")
        assert [each["method"] for each in editor.notifications] == [LISTENING]
        assert editor.strays == []


def test_a_subscription_asked_for_while_no_daemon_runs_is_acknowledged_once(
    daemon_home: DaemonHome,
) -> None:
    with Editor(daemon_home, version=MODERN) as editor:
        editor.open()
        daemon_home.kill9()
        editor.ask("subscriptions/listen", NEWS_OF_TOOLS)
        editor.notified(LISTENING)
        daemon_home.kill9()
        editor.call("health")
        assert [each["method"] for each in editor.notifications] == [LISTENING]
        assert editor.strays == []


@contextmanager
def writers_kept_waiting(home: DaemonHome) -> Iterator[None]:
    """Lock the database as another program would."""
    with closing(sqlite3.connect(home.folder / "jobs.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_cancelled_calls_get_no_late_answer(daemon_home: DaemonHome, version: str) -> None:
    with Editor(daemon_home, version=version) as editor:
        editor.open()
        for _ in range(KILLS):
            editor.call("health")
            with writers_kept_waiting(daemon_home):
                cancel_some(editor)
                editor.call("health")  # answered after the cancellations were heard
                daemon_home.kill9()
        editor.call("health")
        assert editor.overtaken + editor.strays == []


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_calls_cancelled_while_they_run_get_no_late_answer(
    daemon_home: DaemonHome, version: str
) -> None:
    with Editor(daemon_home, version=version) as editor:
        editor.open()
        editor.call("health")
        with writers_kept_waiting(daemon_home):
            cancel_some(editor)
            editor.call("health")
        editor.call("enqueue_task", task_type="after them")
        assert editor.overtaken + editor.strays == []


def cancel_some(editor: Editor) -> None:
    wanted = [editor.tool_call(Ask("enqueue_task", {"task_type": "x"})) for _ in range(5)]
    editor.say(*wanted)
    editor.say(*map(editor.cancel, wanted))


def test_the_opening_of_a_session_leaves_nothing_unanswered(running_daemon: DaemonHome) -> None:
    """Else a shim would wait a minute for a daemon nobody asks, and give up."""
    opening = {
        "protocolVersion": LEGACY,
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    }
    lines = [
        {"link": 1, "session": "0" * 32, "next": 1},
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(20)
        link.connect(running_daemon.socket)
        link.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        with link.makefile("rb") as answers:
            welcome, initialized, kept = (answers.readline() for _ in range(3))
    assert welcome.startswith(b"~{")
    assert initialized.startswith(b"+1 {")
    assert kept == b"+2\n"
