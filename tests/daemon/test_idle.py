"""An idle daemon sleeps, and a busy one does not grow (R48, R49)."""

import os
import time
from pathlib import Path

import pytest

from djobs_daemon.mcp_server.resources import workflow_uri
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import Editor
from tests.work.test_events import send

QUIET_SECONDS = 10.0
"""A span without a single wake-up of any thread: nothing polls, however slowly."""
SETTLING_SECONDS_MAX = 45.0
"""In which such a span must come, after what the start left to do."""


def wakeups(home: DaemonHome) -> int:
    """Return how often all threads of the daemon went to sleep so far."""
    total = 0
    for thread in Path(f"/proc/{home.pid()}/task").iterdir():
        for line in (thread / "status").read_text("ascii").splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


@pytest.mark.timeout(120)
def test_an_idle_daemon_is_woken_by_nothing(running_daemon: DaemonHome) -> None:
    """Not even while clients follow events, a resource, and the log of a job that has not begun."""
    running_daemon.wait_sdk()
    with (
        running_daemon.connect() as follower,
        running_daemon.connect() as waiter,
        running_daemon.connect() as reader,
        Editor(running_daemon) as editor,
    ):
        editor.open()
        asked = {"uri": workflow_uri("w")}
        assert editor.result(editor.ask("resources/subscribe", asked)) == {}
        follower.call("events.subscribe", {})
        command = {"type": "shell", "managed_by": "executor", "payload": {"spec": "true"}}
        jobs = [{"type": "t", "graph_key": "first"}, command | {"depends_on": ["first"]}]
        asked_for = {"jobs": jobs, "correlation_id": "w"}
        first, second = (each["id"] for each in waiter.call("job.enqueue", asked_for)["jobs"])
        send(waiter, "job.wait", {"job_ids": [first], "wait_seconds": 300})
        send(reader, "job.log", {"job_id": second, "wait_seconds": 300})
        sleep_well(running_daemon)


def sleep_well(running_daemon: DaemonHome) -> None:

    def slept_well() -> bool:
        before = wakeups(running_daemon)
        time.sleep(QUIET_SECONDS)  # the quiet itself is what is observed
        return wakeups(running_daemon) == before

    wait_until(slept_well, "a span without wake-ups", SETTLING_SECONDS_MAX)


def enqueue_and_complete(home: DaemonHome, rounds: int) -> None:
    with home.connect() as connection:
        for _ in range(rounds):
            jobs = [{"type": "soak", "payload": {"text": "x" * 200}} for _ in range(20)]
            answer = connection.call("job.enqueue", {"jobs": jobs, "correlation_id": "w"})
            for job in answer["jobs"]:
                connection.call("job.complete", {"job_id": job["id"], "evidence": "done"})


def threads(home: DaemonHome) -> int:
    return len(os.listdir(f"/proc/{home.pid()}/task"))


@pytest.mark.timeout(120)
def test_descriptors_threads_memory_and_wal_stay_where_they_are_under_work(
    running_daemon: DaemonHome,
) -> None:
    running_daemon.wait_sdk()
    enqueue_and_complete(running_daemon, 8)
    before = len(running_daemon.fds()), threads(running_daemon), running_daemon.rss()
    for _ in range(3):
        enqueue_and_complete(running_daemon, 8)
    assert len(running_daemon.fds()) <= before[0] + 1
    assert threads(running_daemon) <= before[1] + 1
    assert running_daemon.rss() <= before[2] + 8 * 1024 * 1024
    assert running_daemon.status()["database"]["wal_bytes"] <= 16 * 1024 * 1024


def test_connections_that_come_and_go_leave_nothing_behind(running_daemon: DaemonHome) -> None:
    running_daemon.wait_sdk()
    for _ in range(20):
        running_daemon.connect().close()
    before = len(running_daemon.fds())
    for _ in range(200):
        running_daemon.connect().close()
    wait_until(lambda: len(running_daemon.fds()) <= before, "every descriptor is closed")
