"""``amend`` and ``accept-before`` by hand, in a second terminal."""

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome


def test_a_job_is_changed_by_hand_and_a_second_change_of_the_same_revision_is_refused(
    running_daemon: DaemonHome,
) -> None:
    (job_id,) = enqueue(running_daemon, "a")
    changes = ("--payload", '{"n": 2}', "--priority", "1", "--revision", "1")
    changed = djobsctl(running_daemon, "amend", job_id, *changes)
    assert changed.stdout == f"{job_id} is changed; it is at revision 2 now.\n"
    again = djobsctl(running_daemon, "amend", job_id, *changes)
    assert again.status == 1
    assert "is at revision 2, not 1" in again.stderr
    shown = djobsctl(running_daemon, "show", job_id, "--json").document["job"]
    assert (shown["payload"], shown["priority"]) == ({"n": 2}, 1)


def test_a_job_is_put_off_by_hand(running_daemon: DaemonHome) -> None:
    (job_id,) = enqueue(running_daemon, "a")
    assert djobsctl(running_daemon, "amend", job_id, "--run-at", "2h").status == 0
    assert "Its time has not come." in djobsctl(running_daemon, "why", job_id).stdout


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--priority", "11", "from 1 (first) to 10"),
        ("--max-attempts", "0", "1 or more"),
        ("--payload", "{", "it is not JSON"),
        ("--payload", "null", "null is no payload"),
        ("--run-at", "soon", "a length of time such as"),
    ],
)
def test_a_wrong_change_is_refused_before_anything_is_asked(
    running_daemon: DaemonHome, option: str, value: str, complaint: str
) -> None:
    refused = djobsctl(running_daemon, "amend", "j1zz", option, value)
    assert refused.status == 2
    assert complaint in refused.stderr


def test_what_came_before_is_accepted_by_hand(running_daemon: DaemonHome) -> None:
    one, two, three = enqueue(running_daemon, "a", "b", "c")
    with running_daemon.connect() as connection:
        connection.call("job.claim", {"job_id": one})
        accepted = djobsctl(running_daemon, "accept-before", three, "--evidence", "merged")
    assert accepted.stdout == f"Accepted 1 job: {two}.\nLeft, for somebody works on it: {one}.\n"
    again = djobsctl(running_daemon, "accept-before", two)
    assert again.stdout.startswith("Nothing was to accept.\n")


def test_what_failed_is_opened_again_by_hand(running_daemon: DaemonHome) -> None:
    one, two = enqueue(running_daemon, "a", "b")
    with running_daemon.connect() as connection:
        for each in (one, two):
            connection.call("job.fail", {"job_id": each, "error": "no"})
    other = djobsctl(running_daemon, "retry", "--failed", "--type", "another")
    assert other.stdout == "No failed job was opened again.\n"
    retried = djobsctl(running_daemon, "retry", "--failed", "--workspace", "/repo/tern")
    assert retried.stdout == f"{one} is pending.\n{two} is pending.\n"


@pytest.mark.parametrize("words", [[], ["j1zz", "--failed"], ["j1zz", "--type", "t"]])
def test_a_retry_of_nothing_in_particular_is_refused(
    running_daemon: DaemonHome, words: list[str]
) -> None:
    refused = djobsctl(running_daemon, "retry", *words)
    assert refused.status == 2
    assert "Name the jobs to retry, or --failed" in refused.stderr


def test_work_is_paused_and_resumed_by_hand(running_daemon: DaemonHome) -> None:
    (job_id,) = enqueue(running_daemon, "a")
    paused = djobsctl(running_daemon, "pause", "--type", "review", "--reason", "being rewritten")
    assert paused.stdout.endswith(": type review: being rewritten\nWhat runs goes on.\n")
    why = djobsctl(running_daemon, "why", job_id).stdout
    assert "The type review is paused: being rewritten." in why
    held = djobsctl(running_daemon, "pause", job_id)
    assert held.stdout == f"{job_id} is paused: it is not started.\n"
    assert "paused since" in djobsctl(running_daemon, "list").stdout
    assert "Paused" in djobsctl(running_daemon, "show", job_id).stdout
    document = djobsctl(running_daemon, "resume", job_id, "--json").document
    assert document["job"] == {"id": job_id, "state": "pending", "paused": False}
    assert [each["subject"] for each in document["pauses"]] == ["review"]
    everything = djobsctl(running_daemon, "pause", "--json").document["pauses"]
    assert [each["scope"] for each in everything] == ["everything", "type"]
    assert "type review" in djobsctl(running_daemon, "resume").stdout
    assert djobsctl(running_daemon, "resume", "--type", "review").stdout == "Nothing is paused.\n"
    again = djobsctl(running_daemon, "resume")
    assert again.status == 1
    assert "Everything is not paused." in again.stderr
