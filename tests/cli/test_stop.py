"""Start, stop and restart are idempotent and mean what they say (R28)."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from djobs_local import attempts, identity, presence, records
from djobs_local.call import connect
from djobs_local.folders import prepare_state
from djobs_local.stop_mark import StopMark, read_stop_mark, write_stop_mark
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError
from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome, wait_until

HOOK_SECONDS = 0.02


class Hooks:
    """An editor's hooks: a client that calls every 20 ms and would start the daemon."""

    def __init__(self, home: DaemonHome) -> None:
        self._home = home
        self._enough = threading.Event()
        self.outcomes: Counter[str] = Counter()
        self.since_mark: Counter[str] = Counter()

    def call_until_enough(self) -> None:
        while not self._enough.wait(HOOK_SECONDS):
            outcome = self._call()
            self.outcomes[outcome] += 1
            self.since_mark[outcome] += 1

    def _call(self) -> str:
        try:
            with connect(self._home.state, deadline_seconds=10) as connection:
                connection.call("daemon.health")
        except DjobsError as error:
            return str(error.code)
        return "answered"

    def stop(self) -> None:
        self._enough.set()


@contextmanager
def hooks_at_work(home: DaemonHome) -> Iterator[Hooks]:
    hooks = Hooks(home)
    thread = threading.Thread(target=hooks.call_until_enough)
    thread.start()
    try:
        yield hooks
    finally:
        hooks.stop()
        thread.join(30)


def test_stop_returns_when_the_lock_is_free_and_twice_is_as_good(
    running_daemon: DaemonHome,
) -> None:
    assert djobsctl(running_daemon, "stop").status == 0
    assert not presence.is_alive(running_daemon.state)
    again = djobsctl(running_daemon, "stop", "--json")
    assert (again.status, again.document["was_running"]) == (0, False)


def test_a_second_stop_leaves_standing_who_stopped_it_and_when(daemon_home: DaemonHome) -> None:
    prepare_state(daemon_home.state)
    write_stop_mark(daemon_home.state, "the user")
    first = read_stop_mark(daemon_home.state)
    assert djobsctl(daemon_home, "stop").status == 0
    again = read_stop_mark(daemon_home.state)
    assert first is not None
    assert again is not None
    assert (again.by, again.at) == ("the user", first.at)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (119, "1 min"), (7200, "2 h"), (259200, "3 d")]
)
def test_the_time_since_a_stop_is_told_in_its_largest_unit(seconds: int, told: str) -> None:
    assert f"on purpose {told} ago" in StopMark(0, "me", None).sentence(seconds * 1000)


def test_it_stays_stopped_while_hooks_call_every_20_ms(running_daemon: DaemonHome) -> None:
    with hooks_at_work(running_daemon) as hooks:
        wait_until(lambda: hooks.outcomes["answered"] > 3, "the hooks reach the daemon")
        assert djobsctl(running_daemon, "stop").status == 0
        births = len(running_daemon.births())
        hooks.since_mark.clear()
        wait_until(lambda: hooks.since_mark["stopped_by_user"] > 10, "the hooks are told")
        assert set(hooks.since_mark) <= {"stopped_by_user", "unavailable"}, hooks.since_mark
        assert len(running_daemon.births()) == births
        assert not presence.is_alive(running_daemon.state)


def test_list_does_not_start_a_daemon_that_was_stopped_on_purpose(
    running_daemon: DaemonHome,
) -> None:
    djobsctl(running_daemon, "stop")
    ran = djobsctl(running_daemon, "list", "--json")
    assert (ran.status, ran.document["error"]["code"]) == (79, "stopped_by_user")


def test_list_starts_a_daemon_that_is_absent(daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, "list", "--json")
    assert (ran.status, ran.document["jobs"]) == (0, [])
    assert len(daemon_home.births()) == 1


def test_list_says_unavailable_where_it_may_not_start_one(daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, "list", "--json", DJOBS_NO_SPAWN="1")
    assert (ran.status, ran.document["error"]["code"]) == (69, "unavailable")
    assert daemon_home.births() == []


@pytest.mark.parametrize("command", ["status", "logs", "config", "db verify"])
def test_a_read_only_command_never_starts_a_daemon(command: str, daemon_home: DaemonHome) -> None:
    djobsctl(daemon_home, *command.split())
    assert daemon_home.births() == []


def test_start_lifts_the_mark_and_says_who_runs(running_daemon: DaemonHome) -> None:
    djobsctl(running_daemon, "stop")
    first = djobsctl(running_daemon, "start", "--json").document
    second = djobsctl(running_daemon, "start", "--json").document
    assert (first["started"], second["started"]) == (True, False)
    assert first["instance"] == second["instance"] == running_daemon.instance()
    assert read_stop_mark(running_daemon.state) is None


def test_stop_says_what_stays_recorded(running_daemon: DaemonHome) -> None:
    enqueue(running_daemon, "a.py", "b.py")
    assert "2 jobs stay recorded, 2 unfinished." in djobsctl(running_daemon, "stop").stdout
    djobsctl(running_daemon, "start")
    assert len(djobsctl(running_daemon, "list", "--json").document["jobs"]) == 2


def test_restart_makes_a_new_instance_while_clients_race(running_daemon: DaemonHome) -> None:
    before = running_daemon.instance()
    with hooks_at_work(running_daemon) as hooks:
        wait_until(lambda: hooks.outcomes["answered"] > 3, "the hooks reach the daemon")
        ran = djobsctl(running_daemon, "restart", "--json")
        assert ran.status == 0, ran
        hooks.since_mark.clear()
        wait_until(lambda: hooks.since_mark["answered"] > 3, "the hooks reach the new one")
    assert hooks.outcomes["stopped_by_user"] == 0, hooks.outcomes
    assert running_daemon.instance() == ran.document["instance"] != before
    assert read_stop_mark(running_daemon.state) is None


@pytest.mark.parametrize("command", ["start", "list"])
def test_a_start_that_a_stop_overtakes_says_so_and_is_no_failure(
    command: str, daemon_home: DaemonHome
) -> None:
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(djobsctl, daemon_home, command, DJOBS_FP="start.lock=sleep:1")
        logs = daemon_home.folder / "logs"
        wait_until(lambda: list(logs.glob("start-*.log")), "the start is on its way")
        write_stop_mark(daemon_home.state, "the user")
        ran = starting.result()
    assert ran.status == 79, ran
    assert "stopped on purpose" in ran.stderr
    assert attempts.read_attempts(daemon_home.state) == []
    assert daemon_home.births() == []


def test_restart_stops_no_daemon_that_a_wrong_setting_would_keep_from_starting(
    running_daemon: DaemonHome,
) -> None:
    (running_daemon.folder / "config.toml").write_text("log_level = 'LOUD'\n")
    before = running_daemon.instance()
    assert djobsctl(running_daemon, "restart").status == 78
    assert running_daemon.instance() == before
    assert running_daemon.alive()
    assert read_stop_mark(running_daemon.state) is None


def test_stop_of_a_mute_daemon_refuses_and_leaves_no_mark(running_daemon: DaemonHome) -> None:
    running_daemon.sigstop()
    ran = djobsctl(running_daemon, "stop", "--timeout", "2")
    assert ran.status == 75
    assert "alive but not answering: use --force" in ran.stderr
    assert read_stop_mark(running_daemon.state) is None
    assert running_daemon.alive()


def test_forced_stop_ends_a_mute_daemon_and_waits_for_the_lock(running_daemon: DaemonHome) -> None:
    running_daemon.sigstop()
    ran = djobsctl(running_daemon, "stop", "--force", "--json")
    assert ran.status == 0, ran
    assert not presence.is_alive(running_daemon.state)
    assert not running_daemon.alive()
    assert read_stop_mark(running_daemon.state) is not None


def test_forced_stop_signals_nobody_whom_the_record_does_not_prove(
    running_daemon: DaemonHome,
) -> None:
    running_daemon.sigstop()
    bystander = running_daemon.client("import signal; signal.pause()")
    stranger = identity.of_process(bystander.pid)
    assert stranger is not None
    path = endpoint.state_file(running_daemon.state, endpoint.ENDPOINT_RECORD)
    forged = {**running_daemon.record(), **stranger.to_record()}
    records.write_record(path, forged)
    ran = djobsctl(running_daemon, "stop", "--force")
    assert ran.status == 75, ran
    assert "none was signalled" in ran.stderr
    assert bystander.poll() is None
    assert running_daemon.alive()
