"""A real daemon tells people what happened: once, in bounded time, and in nobody's way."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.notifying.place import NAME
from djobs_local.call import Connection
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome, wait_until
from tests.notify.receiver import Receiver, receiving

HERE = "/repo/tern"


@contextmanager
def daemon(table: str, **environ: str) -> Iterator[DaemonHome]:
    with DaemonHome(**environ) as home:
        configure(home, table)
        home.start()
        yield home


def configure(home: DaemonHome, table: str) -> None:
    Path(home.state, "config.toml").write_text(f"[notify]\n{table}\n")


def webhook(receiver: Receiver, more: str = "") -> str:
    return f'webhook = "{receiver.url}"\n{more}'


def record(at: Connection, **more: Any) -> str:
    where = {"correlation_id": more.pop("correlation_id", HERE)}
    jobs = [{"type": "review", "payload": {"key": "hush"}, **more}]
    job_id: str = at.call("job.enqueue", {"jobs": jobs, **where})["jobs"][0]["id"]
    return job_id


def fail(at: Connection, job_id: str, error: str = "no such file") -> None:
    at.call("job.fail", {"job_id": job_id, "error": error, "retry": False})


def told_by(home: DaemonHome, channel: str) -> list[str]:
    with home.connect() as at:
        notices = at.call("notice.list", {}).get("notices", [])
    return [each["key"] for each in notices if each["recipient"] == channel]


def test_a_failure_reaches_a_webhook_signed_and_without_what_the_job_is_about() -> None:
    with receiving() as receiver:
        table = webhook(receiver, 'webhook_secret = "HOOK"')
        with DaemonHome() as home:
            configure(home, table)
            secrets = Path(home.state, "secrets.env")
            secrets.write_text("HOOK=between us\n")
            secrets.chmod(0o600)
            home.start()
            with home.connect(workspace=HERE) as at:
                job_id = record(at)
                fail(at, job_id)
                receiver.wait(1)
            wait_until(lambda: told_by(home, "webhook"), "it is noted")
        (body,), (headers,) = receiver.bodies, receiver.headers
        signed = "sha256=" + hmac.new(b"between us", body, hashlib.sha256).hexdigest()
        assert headers["X-Djobs-Signature"] == signed
        message = json.loads(body)
        assert message["schema"] == "djobs.notification/1"
        assert headers["X-Djobs-Id"] == message["id"]
        (said,) = message["notifications"]
        assert said.pop("at")
        assert said.pop("offset") == 2
        assert said == {
            "kind": "job_failed",
            "job_id": job_id,
            "job_type": "review",
            "state": "failed",
            "workspace": HERE,
            "workflow": HERE,
            "text": f"review {job_id} failed: no such file",
            "next": f"djobsctl show {job_id}",
        }
        assert b"hush" not in body
        assert b"between us" not in body


@pytest.mark.slow
def test_a_program_gets_the_message_on_its_standard_input(tmp_path: Path) -> None:
    got, script = tmp_path / "got.json", tmp_path / "hook"
    script.write_text(f'#!/bin/sh\ncat > "{got}.new" && mv "{got}.new" "{got}"\n')
    script.chmod(0o755)
    events = 'events = ["workflow_done"]'
    with daemon(f'command = ["{script}"]\n{events}') as home:
        with home.connect(workspace=HERE) as at:
            first, second = record(at, correlation_id="w"), record(at, correlation_id="w")
            at.call("job.complete", {"job_id": first})
            at.call("job.complete", {"job_id": second})
        wait_until(got.exists, "the program ran")
        (said,) = json.loads(got.read_text())["notifications"]
        assert (said["kind"], said["workflow"], said["job_id"]) == ("workflow_done", "w", second)


def test_the_desktop_is_told_by_notify_send_and_many_things_are_one_message(
    tmp_path: Path,
) -> None:
    got, program = tmp_path / "got", tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{got}"\n')
    program.chmod(0o755)
    with daemon("desktop = true", PATH=f"{tmp_path}:/usr/bin:/bin") as home:
        with home.connect(workspace=HERE) as at:
            jobs = [record(at) for _ in range(3)]
            for each in jobs:
                fail(at, each, "<b>bold</b>")
        wait_until(lambda: len(told_by(home, "desktop")) == 3, "all are told")
        said = got.read_text()
        assert "--app-name=djobs" in said
        assert "<b>" not in said
        assert said.count("--app-name") <= 2, "three failures at once are not three messages"


@pytest.mark.slow
def test_nothing_is_said_where_nobody_asked_and_nothing_of_what_was_before(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()
    with daemon_home.connect(workspace=HERE) as at:
        fail(at, record(at))
    assert djobsctl(daemon_home, "stop").status == 0
    with receiving() as receiver:
        configure(daemon_home, webhook(receiver))
        assert djobsctl(daemon_home, "start").status == 0
        with daemon_home.connect(workspace=HERE) as at:
            later = record(at)
            fail(at, later)
        receiver.wait(1)
        assert [each["job_id"] for each in receiver.told] == [later]


def test_what_was_not_told_when_the_daemon_died_is_told_by_the_next_and_nothing_twice() -> None:
    with receiving() as receiver, daemon(webhook(receiver)) as home:
        with home.connect(workspace=HERE) as at:
            first, second = record(at), record(at)
            fail(at, first)
            wait_until(lambda: told_by(home, "webhook"), "the first is told")
            receiver.let.clear()
            fail(at, second)
            receiver.wait(2)
        home.kill9()
        receiver.let.set()
        home.start()
        receiver.wait(3)
        wait_until(lambda: len(told_by(home, "webhook")) == 2, "the second is noted")
        with home.connect(workspace=HERE) as at:
            third = record(at)
            fail(at, third)
        receiver.wait(4)
        told = [[each["job_id"] for each in one["notifications"]] for one in receiver.messages]
        assert told == [[first], [second], [second], [third]]
        assert receiver.messages[1]["id"] == receiver.messages[2]["id"]


def test_what_was_noted_is_not_told_again_by_a_daemon_whose_place_is_older() -> None:
    """As after a death between the note and the place."""
    with receiving() as receiver, daemon(webhook(receiver)) as home:
        with home.connect(workspace=HERE) as at:
            fail(at, record(at))
        wait_until(lambda: told_by(home, "webhook"), "it is noted")
        home.kill9()
        place = Path(home.state, NAME)
        place.write_text(json.dumps({**json.loads(place.read_text()), "webhook": 0}))
        home.start()
        with home.connect(workspace=HERE) as at:
            later = record(at)
            fail(at, later)
        receiver.wait(2)
        assert [each["job_id"] for each in receiver.messages[1]["notifications"]] == [later]


def test_a_server_that_hangs_keeps_the_daemon_from_nothing_and_a_stop_does_not_wait() -> None:
    with receiving() as receiver, daemon(webhook(receiver)) as home:
        receiver.let.clear()
        with home.connect(workspace=HERE) as at:
            fail(at, record(at))
            receiver.wait(1)
            for _ in range(20):
                fail(at, record(at))
            assert at.call("daemon.status", {})["phase"] == "serving"
        assert djobsctl(home, "stop", "--timeout", "4").status == 0


def test_a_refused_message_is_sent_again_under_its_id_and_one_that_never_can_be_is_said() -> None:
    with receiving(503, 200, 404, 404) as receiver, daemon(webhook(receiver)) as home:
        with home.connect(workspace=HERE) as at:
            fail(at, record(at))
            receiver.wait(2)
            assert receiver.messages[0]["id"] == receiver.messages[1]["id"]
            fail(at, record(at))
            receiver.wait(3)
            wait_until(lambda: home.status()["phase"] == "degraded", "it is said")
            (problem,) = home.status()["problems"]
            assert "Notifications by webhook do not arrive: 127.0.0.1 answered 404." in problem
            assert receiver.url not in problem
            receiver.statuses.clear()
            fail(at, record(at))
            wait_until(lambda: home.status()["phase"] == "serving", "it is well again")
        assert len(receiver.bodies) == 4, "a 404 is not tried again"


def test_a_job_that_asks_for_money_is_told_and_a_pause_by_hand_is_not() -> None:
    with receiving() as receiver, DaemonHome() as home:
        table = f"{webhook(receiver)}\n[budgets]\n"
        configure(home, table + "job = { minutes = 0.005 }")
        home.start()
        with home.connect(workspace="/tmp") as at:
            by_hand = record(at)
            at.call("job.pause", {"job_id": by_hand})
            asking = record(
                at, type="shell", managed_by="executor", payload={"spec": ["sleep", "99"]}
            )
            receiver.wait(1)
            at.call("job.cancel", {"job_id": asking})
        (said,) = receiver.told
        assert (said["kind"], said["job_id"]) == ("budget_asks", asking)
        assert said["next"] == f"djobsctl budget allow {asking}"


@pytest.mark.slow
def test_what_can_never_start_any_more_needs_somebody() -> None:
    with receiving() as receiver, daemon(webhook(receiver, 'events = ["needs_human"]')) as home:
        with home.connect(workspace=HERE) as at:
            alone, needed = record(at), record(at)
            record(at, depends_on=[needed])
            fail(at, alone)
            at.call("job.cancel", {"job_id": needed})
            receiver.wait(1)
        assert [(each["kind"], each["job_id"]) for each in receiver.told] == [
            ("needs_human", needed)
        ]
