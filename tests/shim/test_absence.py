"""Later in a session: wait for a daemon that is away, rest when nobody asks, give up in time."""

from pathlib import Path

import pytest

from djobs_local import stop_mark
from tests.harness.waiting import wait_until
from tests.shim import patched
from tests.shim.process import running, sleeps_soundly, wake_ups
from tests.shim.standin import StandIn

BRIEF_ABSENCE = "patience.AWAY_SECONDS_MAX = 0.5"
EAGER_STARTS = "from djobs_shim import uplink; uplink.START_RETRY_SECONDS = 0.05"


def lose_daemon(daemon: StandIn) -> None:
    """Begin a session and end its daemon."""
    link = daemon.serve()
    daemon.close()
    link.close()


def stop_on_purpose(home: Path, daemon: StandIn) -> None:
    """Begin a session, and end its daemon as ``djobsctl stop`` does."""
    link = daemon.serve()
    stop_mark.write_stop_mark(str(home), "a person")
    daemon.close()
    link.close()


def test_an_unanswered_line_is_given_up_in_time_with_the_reason(
    home: Path, daemon: StandIn
) -> None:
    run = patched.shim(BRIEF_ABSENCE, patched.NO_START)
    with running(home, run=run) as shim:
        lose_daemon(daemon)
        shim.say(b'{"id":1}\n')
        assert shim.rest() == b""
        assert shim.status() == 75
        assert "djobs-mcp: It would not start." in shim.errors()


def test_starts_are_tried_again_until_one_succeeds(home: Path, daemon: StandIn) -> None:
    with running(home, run=patched.shim(EAGER_STARTS, patched.NO_START)) as shim:
        lose_daemon(daemon)
        shim.say(b'{"id":1}\n')
        assert shim.process.stderr is not None
        for _ in range(3):
            assert shim.process.stderr.readline() == b"start\n"
        daemon.listen()
        assert daemon.serve().line() == b'{"id":1}'


def test_a_start_that_hangs_does_not_keep_the_relay_from_a_daemon_that_came_otherwise(
    home: Path, daemon: StandIn
) -> None:
    with running(home, run=patched.shim(patched.SLOW_START)) as shim:
        lose_daemon(daemon)
        assert shim.process.stderr is not None
        assert shim.process.stderr.readline() == b"start\n"
        daemon.listen()
        link = daemon.serve()
        shim.say(b'{"id":1}\n')
        assert link.line() == b'{"id":1}'
        shim.end()
        assert link.at_end()
        link.close()
        assert shim.status() == 0


@pytest.mark.parametrize("module", ["djobs_shim.starting", "djobs_local.start"])
def test_a_package_that_is_being_replaced_meanwhile_does_not_end_the_session(
    home: Path, daemon: StandIn, module: str
) -> None:
    with running(home, run=patched.shim(f"sys.modules[{module!r}] = None")) as shim:
        lose_daemon(daemon)
        shim.say(b'{"id":1}\n')
        before = wake_ups(shim)
        wait_until(lambda: wake_ups(shim) > before + 3, "it tried several times")
        daemon.listen()
        assert daemon.serve().line() == b'{"id":1}'


def test_a_package_that_stays_away_is_the_reason_in_the_end(home: Path, daemon: StandIn) -> None:
    gone = "sys.modules['djobs_shim.starting'] = None"
    with running(home, run=patched.shim(BRIEF_ABSENCE, gone)) as shim:
        lose_daemon(daemon)
        shim.say(b'{"id":1}\n')
        assert shim.status() == 75
        (line,) = shim.errors().splitlines()
        assert "cannot be loaded" in line


def test_a_start_that_is_refused_when_it_is_not_needed_any_more_is_forgotten(
    home: Path, daemon: StandIn
) -> None:
    with running(home, run=patched.shim(patched.LATE_REFUSAL)) as shim:
        lose_daemon(daemon)
        assert shim.process.stderr is not None
        assert shim.process.stderr.readline() == b"start\n"
        daemon.listen()
        link = daemon.serve()
        (home / "go on").touch()
        assert shim.process.stderr.readline() == b"refused\n"
        wait_until(lambda: sleeps_soundly(shim), "it knows that its start is over")
        (home / "go on").unlink()
        link.close()
        daemon.serve()


def test_a_daemon_stopped_on_purpose_is_not_looked_for_until_the_client_speaks(
    home: Path, daemon: StandIn
) -> None:
    with running(home) as shim:
        stop_on_purpose(home, daemon)
        wait_until(lambda: sleeps_soundly(shim), "the shim rests")
        stop_mark.clear_stop_mark(str(home))
        daemon.listen()
        shim.say(b'{"id":1}\n')
        link = daemon.serve()
        assert link.hello["seqs"] == [[1, 0]]
        link.line()
        link.send(b"=1 {}\n")
        assert shim.line() == b"{}"


def test_a_resting_shim_leaves_with_its_client(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        stop_on_purpose(home, daemon)
        wait_until(lambda: sleeps_soundly(shim), "the shim rests")
        shim.end()
        assert shim.status() == 0
        assert shim.errors() == ""


def test_lines_that_cannot_be_delivered_after_the_end_of_stdin_are_reported(
    home: Path, daemon: StandIn
) -> None:
    run = patched.shim("loop.DELIVER_SECONDS = 0.3", patched.NO_START)
    with running(home, run=run) as shim:
        lose_daemon(daemon)
        shim.say(b'{"id":1}\n')
        shim.end()
        assert shim.status() == 75
        assert "did not take" in shim.errors()
