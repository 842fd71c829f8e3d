"""``archive`` and ``purge`` by hand."""

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome

FLOW = ("--workspace", "/repo/tern")


def test_what_is_over_is_put_away_and_then_removed(running_daemon: DaemonHome) -> None:
    done, failed, _ = enqueue(running_daemon, "a", "b", "c")
    with running_daemon.connect() as connection:
        connection.call("job.complete", {"job_id": done})
        connection.call("job.fail", {"job_id": failed, "error": "no"})
    preview = djobsctl(running_daemon, "purge", "--older-than", "0s")
    assert preview.stdout == (f"1 job may go: {done}.\nNothing was removed; --yes removes them.\n")
    archived = djobsctl(running_daemon, "archive", *FLOW, "--reason", "released")
    assert archived.stdout == "Archived 2 jobs. Open, and left: 1 job.\n"
    listed = djobsctl(running_daemon, "list", "--archived", "--json").document["jobs"]
    assert [job["id"] for job in listed] == [failed, done]
    assert "Archived: now" in djobsctl(running_daemon, "show", done).stdout
    back = djobsctl(running_daemon, "archive", *FLOW, "--undo")
    assert back.stdout == "Brought 2 jobs back.\n"
    removed = djobsctl(running_daemon, "purge", "--older-than", "0s", "--yes", *FLOW)
    assert removed.stdout == "Removed 1 job for good; the events stay in the history.\n"
    assert djobsctl(running_daemon, "show", done).status == 1
    nothing = djobsctl(running_daemon, "purge", "--archived", "--state", "failed")
    assert nothing.stdout == "No job may go.\n"
    assert djobsctl(running_daemon, "db", "verify").status == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("archive",), "Name the workflow"),
        (("archive", *FLOW, "--undo", "--state", "failed"), "--undo brings all of them back"),
        (("purge", "--older-than", "30"), "30d are days, 30h hours"),
        (("purge", "--state", "pending"), "'pending' is none of"),
    ],
)
def test_what_makes_no_sense_is_refused(
    running_daemon: DaemonHome, words: tuple[str, ...], complaint: str
) -> None:
    refused = djobsctl(running_daemon, *words)
    assert refused.status == 2
    assert complaint in refused.stderr
