"""``djobsctl watch`` and ``wait``, beside real daemons that come and go."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from djobs_protocol.errors import DjobsError
from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until

BATCH, DEATHS = 5, 2


@pytest.fixture
def home(running_daemon: DaemonHome) -> DaemonHome:
    running_daemon.env["DJOBS_START_BACKOFF_MAX_S"] = "0"
    return running_daemon


class Command:
    """A command that runs beside the test."""

    def __init__(self, home: DaemonHome, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-m", "djobsctl", *arguments],
            env=home.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def lines(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def end(self) -> tuple[int, bytes]:
        """Wait for its end; return its status and what it said."""
        _, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said


def watching(home: DaemonHome) -> bool:
    """Say whether a command is connected beside this question."""
    clients: list[str] = [each.get("client", "") for each in home.status()["connections"]]
    return sum(client.startswith("djobsctl") for client in clients) > 1


def report(home: DaemonHome, method: str, job_id: str, **more: str) -> None:
    with home.connect() as connection:
        connection.call(method, {"job_id": job_id, **more})


def test_watch_prints_what_there_is_and_ends(home: DaemonHome) -> None:
    first, _ = enqueue(home, "a", "b")
    report(home, "job.complete", first, evidence="done")
    ran = djobsctl(home, "watch", "--kind", "succeeded")
    event = ran.document
    assert (event["schema"], event["offset"], event["job_id"]) == ("djobs.watch/1", 3, first)
    assert (event["kind"], event["note"]) == ("succeeded", "done")
    after = djobsctl(home, "watch", "--after", "1").stdout.splitlines()
    assert [json.loads(line)["offset"] for line in after] == [2, 3]
    assert djobsctl(home, "watch", "--after", "3").stdout == ""


def test_watch_ends_with_the_kind_of_event_it_was_told(home: DaemonHome) -> None:
    (job_id,) = enqueue(home, "a")
    watch = Command(home, "watch", "--after", "1", "--job", job_id, "--until-kind", "failed")
    report(home, "job.fail", job_id, error="no")
    assert [line["kind"] for line in watch.lines()] == ["failed"]
    assert watch.end()[0] == 0


def test_watch_ends_when_nothing_is_open_and_at_once_if_nothing_is(home: DaemonHome) -> None:
    first, second = enqueue(home, "a", "b")
    asked = ("watch", "--until-idle", "--workspace", "/repo/tern")
    watch = Command(home, *asked, "--kind", "enqueued")
    wait_until(lambda: watching(home), "the command watches")
    for job_id in (first, second):
        report(home, "job.complete", job_id)
    assert list(watch.lines()) == []
    assert watch.end()[0] == 0
    assert djobsctl(home, *asked).status == 0
    assert djobsctl(home, "watch", "--until-idle", "--job", first).status == 0


def test_watch_misses_nothing_and_doubles_nothing_while_daemons_are_killed(
    home: DaemonHome,
) -> None:
    watch, seen = Command(home, "watch", "--follow", "--after", "0"), list[int]()
    lines, stored = watch.lines(), list[str]()
    enough = threading.Event()

    def write() -> None:
        while not enough.is_set():
            stored.extend(enqueue_through_deaths(home))

    def catch_up() -> None:
        with home.connect(spawn=True, backoff_max_seconds=0) as connection:
            newest = connection.call("events.read", {})["offset"]
        seen.extend(next(lines)["offset"] for _ in range(max(BATCH, newest - len(seen))))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        catch_up()
        for number in range(DEATHS):
            home.kill9()
            wait_until(lambda: len(home.births()) == number + 2, "the next daemon")  # noqa: B023
            catch_up()
    finally:
        enough.set()
        for writer in writers:
            writer.join(PATIENCE_SECONDS)
    catch_up_to = len(stored)
    while len(seen) < catch_up_to:
        seen.append(next(lines)["offset"])
    watch.process.send_signal(signal.SIGINT)
    assert seen == list(range(1, len(seen) + 1))
    assert watch.end()[0] == 130


def enqueue_through_deaths(home: DaemonHome) -> list[str]:
    """Enqueue until a daemon has answered; what one took with it may be stored all the same."""
    while True:
        try:
            with home.connect(spawn=True, backoff_max_seconds=0) as connection:
                jobs = [{"type": "t"}] * BATCH
                reply = connection.call("job.enqueue", {"jobs": jobs, "correlation_id": "w"})
                return [job["id"] for job in reply["jobs"]]
        except (DjobsError, OSError):
            continue


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGPIPE])
def test_watch_is_ended_quietly(home: DaemonHome, number: signal.Signals) -> None:
    watch = Command(home, "watch", "--follow", "--after", "0")
    wait_until(lambda: watching(home), "the command watches")
    if number is signal.SIGINT:
        watch.process.send_signal(number)
    else:
        assert watch.process.stdout is not None
        watch.process.stdout.close()
        watch.process.stdout = None
        enqueue(home, "a")
    assert watch.end() == (128 + number, b"")


def test_a_stop_on_purpose_ends_a_watch_with_its_reason(home: DaemonHome) -> None:
    watch = Command(home, "watch", "--follow")
    wait_until(lambda: watching(home), "the command watches")
    assert djobsctl(home, "stop").status == 0
    status, said = watch.end()
    assert status == 79
    assert b"stopped on purpose" in said


@pytest.mark.parametrize(
    ("ends", "options", "status"),
    [
        (("job.complete", "job.skip"), (), 0),
        (("job.complete", "job.cancel"), ("--all",), 1),
        (("job.complete",), ("--any",), 0),
        (("job.cancel",), ("--any",), 1),
        (("job.complete",), ("--timeout", "0"), 124),
    ],
)
def test_the_status_of_wait_says_how_it_ended(
    home: DaemonHome, ends: tuple[str, ...], options: tuple[str, ...], status: int
) -> None:
    jobs = enqueue(home, "a", "b")
    for job_id, method in zip(jobs, ends, strict=False):
        report(home, method, job_id)
    ran = djobsctl(home, "wait", *jobs, *options, "--json")
    assert (ran.status, ran.document["done"]) == (status, status != 124)
    assert [job["id"] for job in ran.document["jobs"]] == jobs


def test_a_wait_goes_on_with_the_next_daemon(home: DaemonHome) -> None:
    (job_id,) = enqueue(home, "a")
    waiting = Command(home, "wait", job_id)
    wait_until(lambda: watching(home), "the command waits")
    home.kill9()
    enqueue_through_deaths(home)
    report(home, "job.complete", job_id)
    assert waiting.end()[0] == 0


def test_what_makes_no_sense_together_is_refused(home: DaemonHome) -> None:
    ran = djobsctl(home, "watch", "--until-idle", "--type", "t")
    assert (ran.status, "--until-idle" in ran.stderr) == (2, True)
