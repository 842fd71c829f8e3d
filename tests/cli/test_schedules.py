"""``djobsctl schedule`` by hand."""

from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome

NIGHTLY = ("nightly", "--cron", "0 3 * * *", "--type", "report", "--zone", "UTC")


def test_a_schedule_is_set_listed_paused_and_removed(running_daemon: DaemonHome) -> None:
    def schedule(*words: str) -> str:
        ran = djobsctl(running_daemon, "schedule", *words, TZ="UTC")
        assert ran.status == 0, ran.stderr
        return ran.stdout

    assert schedule("list") == "There are no schedules.\n"
    said = schedule("set", *NIGHTLY, "--workspace", "/srv", "--payload", '{"n": 1}')
    assert said.startswith("Schedule nightly of /srv is set: 0 3 * * * in UTC.\nIt makes a job at ")
    assert said.count("03:00:00") == 3
    assert "nightly  0 3 * * *  UTC " in schedule("list")
    assert "is paused" in schedule("pause", "nightly")
    assert " paused " in schedule("list")
    assert "goes on. It makes a job at " in schedule("resume", "nightly")
    document = djobsctl(running_daemon, "schedule", "list", "--json").document["schedules"]
    assert [each["job"] for each in document] == [{"type": "report", "payload": {"n": 1}}]
    replaced = schedule("set", *NIGHTLY, "--workspace", "/srv", "--missed", "all", "--paused")
    assert "is replaced" in replaced
    assert "It is paused" in replaced
    assert schedule("remove", "nightly", "--workspace", "/srv").endswith("the jobs it made stay.\n")
    assert schedule("list", "--workspace", "/srv") == "There are no schedules.\n"


def test_what_is_wrong_with_a_schedule_is_said(running_daemon: DaemonHome) -> None:
    gone = djobsctl(running_daemon, "schedule", "remove", "nightly")
    assert gone.status == 1
    assert "There is no schedule 'nightly'." in gone.stderr
    wrong = djobsctl(running_daemon, "schedule", "set", *NIGHTLY[:-1], "Berlin")
    assert "zone 'Berlin' is unknown; expected an IANA name" in wrong.stderr
    assert djobsctl(running_daemon, "schedule", "set", "nightly", "--type", "t").status == 2


def test_status_shows_what_is_paused(running_daemon: DaemonHome) -> None:
    assert "Paused" not in djobsctl(running_daemon, "status").stdout
    djobsctl(running_daemon, "pause", "--type", "report", "--reason", "the disk is full")
    shown = djobsctl(running_daemon, "status").stdout
    assert "Paused: type report, since " in shown
    assert ": the disk is full\n" in shown
