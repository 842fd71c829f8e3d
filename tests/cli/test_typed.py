"""``type set`` and ``type list`` by hand."""

from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome


def test_defaults_of_a_type_are_set_shown_and_forgotten(running_daemon: DaemonHome) -> None:
    assert djobsctl(running_daemon, "type", "list").stdout == "No type has defaults of its own.\n"
    pauses = ("--base-seconds", "10", "--jitter", "0")
    made = djobsctl(running_daemon, "type", "set", "build", "--max-attempts", "5", *pauses)
    head, line = made.stdout.splitlines()
    assert head.split()[-1] == "RETRY"
    assert " ".join(line.split()) == "build - 5 - - base 10 s, jitter 0"
    listed = djobsctl(running_daemon, "type", "list", "--json").document["types"]
    assert listed == [
        {"type": "build", "max_attempts": 5, "retry": {"base_seconds": 10.0, "jitter": 0.0}}
    ]
    gone = djobsctl(running_daemon, "type", "set", "build", "--reset")
    assert gone.stdout == "No type has defaults of its own.\n"


def test_nothing_to_set_is_refused_and_so_is_what_makes_no_sense(
    running_daemon: DaemonHome,
) -> None:
    nothing = djobsctl(running_daemon, "type", "set", "build")
    assert (nothing.status, "name a default, or --reset" in nothing.stderr) == (2, True)
    absurd = djobsctl(running_daemon, "type", "set", "build", "--base-seconds", "7200")
    assert absurd.status == 2
    assert "base_seconds 7200 is over its cap_seconds 900" in absurd.stderr
