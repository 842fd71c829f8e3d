"""``limit set``, ``limit clear`` and ``limit list`` by hand."""

import pytest

from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome


def words(line: str) -> str:
    return " ".join(line.split())


def test_limits_are_set_shown_and_ended(running_daemon: DaemonHome) -> None:
    assert djobsctl(running_daemon, "limit", "list").stdout == "Nothing is limited.\n"
    numbers = ("--running", "2", "--starts", "10", "--per", "60")
    made = djobsctl(running_daemon, "limit", "set", "--type", "build", *numbers)
    head, line = made.stdout.splitlines()
    assert words(head) == "LIMITED RUNNING STARTS NEXT START"
    assert words(line) == "type build 0 of 2 10 in 60 s now"
    gpu = ("--resource", "gpu", "--everywhere")
    both = djobsctl(running_daemon, "limit", "set", *gpu, "--running", "3", "--json").document
    assert [(each["scope"], each["running"]) for each in both["limits"]] == [
        ("resource", 3),
        ("type", 2),
    ]
    djobsctl(running_daemon, "limit", "clear", *gpu)
    gone = djobsctl(running_daemon, "limit", "clear", "--type", "build")
    assert gone.stdout == "Nothing is limited.\n"


def test_a_resource_is_this_folder_s_unless_another_is_named(running_daemon: DaemonHome) -> None:
    of_another = ("--resource", "README.md", "--of", "/repo/there", "--running", "2")
    (limit,) = djobsctl(running_daemon, "limit", "set", *of_another, "--json").document["limits"]
    assert limit["workspace"] == "/repo/there"
    nowhere = djobsctl(running_daemon, "limit", "clear", "--resource", "README.md")
    assert nowhere.status != 0
    assert "has no limit" in nowhere.stderr


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((), "There is no number; give --running N"),
        (("--starts", "3"), "--starts and --per belong together"),
        (("--running", "0"), "'0'"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(
    running_daemon: DaemonHome, numbers: tuple[str, ...], said: str
) -> None:
    refused = djobsctl(running_daemon, "limit", "set", "--type", "build", *numbers)
    assert refused.status == 2
    assert said in refused.stderr
