"""``stale`` and ``notice`` by hand, as a watchdog's script uses them."""

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome


def test_what_does_not_get_on_is_named_and_its_absence_is_status_0(
    running_daemon: DaemonHome,
) -> None:
    (job_id,) = enqueue(running_daemon, "a")
    fine = djobsctl(running_daemon, "stale")
    assert (fine.status, fine.stdout) == (0, "Everything gets on.\n")
    with running_daemon.connect() as connection:
        connection.call("job.fail", {"job_id": job_id, "error": "no"})
    found = djobsctl(running_daemon, "stale", "--workspace", "/repo/tern")
    assert found.status == 1
    assert found.stdout.splitlines()[1].split()[:2] == [job_id, "failed"]
    assert "It failed: retry it, or archive it." in found.stdout
    assert djobsctl(running_daemon, "stale", "--failed", "1h", "--json").document["jobs"] == []


def test_a_notice_is_granted_once_and_the_refusal_says_when_again(
    running_daemon: DaemonHome,
) -> None:
    assert djobsctl(running_daemon, "notice", "list").stdout == "Nobody was told anything.\n"
    notice = ("notice", "deliver", "failed", "j1zz", "ann")
    first = djobsctl(running_daemon, *notice)
    assert (first.status, first.stdout) == (0, "Deliver it: nobody else is told to.\n")
    again = djobsctl(running_daemon, *notice)
    assert again.status == 1
    assert again.stdout.startswith("Not now: it was given ")
    assert again.stdout.endswith(" Never again.\n")
    other = ("notice", "deliver", "failed", "j2zz", "ann", "--cooldown", "1h", "--json")
    answer = djobsctl(running_daemon, *other).document["notice"]
    assert (answer["deliver"], answer["reason"]) == (False, "cooling_down")
    listed = djobsctl(running_daemon, "notice", "list").stdout.splitlines()
    assert listed[1].split()[-4:] == ["1", "failed", "j1zz", "ann"]


@pytest.mark.parametrize("words", [("deliver", "failed", "j1"), ("tell", "failed")])
def test_half_a_notice_is_refused(running_daemon: DaemonHome, words: tuple[str, ...]) -> None:
    assert djobsctl(running_daemon, "notice", *words).status == 2
