"""An MCP client, the shim and the real daemon, which is killed between a request and its answer."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from djobs_local import identity, records
from djobs_protocol.endpoint import ENDPOINT_RECORD
from djobs_shim.patience import AWAY_SECONDS_MAX
from djobs_shim.trouble import TEMPORARY_STATUS
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.harness.gate import Gate
from tests.harness.waiting import wait_until
from tests.shim import patched
from tests.shim.process import Shim, running

KILLS = 10


class Client:
    """As much of an MCP client as a test needs: one request at a time, or several at once."""

    def __init__(self, shim: Shim) -> None:
        self._shim = shim
        self._count = 0

    def initialize(self) -> dict[str, Any]:
        """Open the session in the era of the handshake."""
        info = {"name": "test", "version": "1"}
        result = self.ask(
            "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=info
        )
        self._shim.say(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        return result

    def begin(self, method: str, **params: Any) -> int:
        """Send a request; return its id."""
        self._count += 1
        message = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}
        self._shim.say(json.dumps(message).encode() + b"\n")
        return self._count

    def finish(self, request_id: int) -> dict[str, Any]:
        """Return the result; fail when the next message is anything else."""
        answer = json.loads(self._shim.line())
        assert answer.get("id") == request_id, answer
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request and wait for its result."""
        return self.finish(self.begin(method, **params))

    def enqueue(self, key: str) -> int:
        """Begin to record a task."""
        return self.begin("tools/call", name="enqueue_task", arguments={"task_type": key})

    def tasks(self) -> list[str]:
        """Return the types of all recorded tasks."""
        result = self.ask("tools/call", name="list_tasks", arguments={"limit": 100})
        listed = json.loads(result["content"][0]["text"])
        return sorted(task["type"] for task in listed["tasks"])


def daemon_identity(home: DaemonHome) -> identity.ProcessIdentity:
    """Return which process the daemon of this home is."""
    record = records.read_record(os.path.join(home.state, ENDPOINT_RECORD))
    recorded = identity.ProcessIdentity.from_record(record)
    assert recorded is not None
    return recorded


def kill_daemon(home: DaemonHome) -> None:
    """End the daemon of this home with SIGKILL."""
    identity.send_signal(daemon_identity(home), signal.SIGKILL)


def test_a_session_with_nothing_running_is_answered(daemon_home: DaemonHome) -> None:
    with running(Path(daemon_home.state)) as shim:
        client = Client(shim)
        assert "tools" in client.initialize()["capabilities"]
        assert client.ask("tools/list")["tools"]


@pytest.mark.parametrize("point", ["start.lock", "start.bound", "start.store"])
def test_a_daemon_that_is_killed_while_it_starts_is_started_again(
    point: str, daemon_home: DaemonHome, tmp_path: Path
) -> None:
    with (
        Gate(tmp_path / "gate") as gate,
        Editor(daemon_home, DJOBS_FP=f"{point}=gate:{gate}@1") as editor,
    ):
        info = {"name": "test", "version": "1"}
        opening = {"protocolVersion": editor.version, "capabilities": {}, "clientInfo": info}
        asked = editor.ask("initialize", opening)
        gate.wait_reached()
        wait_until(lambda: len(starting(daemon_home)) == 1, "one process starts")
        os.kill(starting(daemon_home)[0], signal.SIGKILL)
        gate.open()
        assert "tools" in editor.result(asked)["capabilities"]
        assert editor.errors() == ""


def starting(home: DaemonHome) -> list[int]:
    """Return the processes of this home's daemon, ready or not."""
    return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if is_of(pid, home)]


def is_of(pid: int, home: DaemonHome) -> bool:
    """Say whether a process is a detached daemon of this home."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    program = any(word.endswith(b"djobs_daemon/__main__.py") for word in words)
    return program and f"DJOBS_HOME={home.state}".encode() in environ


def test_a_stopped_process_is_named_left_alone_and_joined_when_it_goes_on(
    running_daemon: DaemonHome,
) -> None:
    home = Path(running_daemon.state)
    daemon = daemon_identity(running_daemon)
    hasty = patched.shim("patience.FIRST_WELCOME_SECONDS = 1.0", patched.NO_START_POSSIBLE)
    identity.send_signal(daemon, signal.SIGSTOP)
    try:
        with running(home, run=hasty) as shim:
            assert shim.status() == 75
            assert f"pid {daemon.pid}" in shim.errors()
    finally:
        identity.send_signal(daemon, signal.SIGCONT)
    with running(home) as shim:
        Client(shim).initialize()
        assert daemon_identity(running_daemon) == daemon


@pytest.mark.timeout(150)  # ten starts of a whole daemon, on a machine that may be busy
def test_a_daemon_killed_between_request_and_answer_costs_no_error_and_doubles_nothing(
    daemon_home: DaemonHome,
) -> None:
    with running(Path(daemon_home.state), DJOBS_START_BACKOFF_MAX_S="0") as shim:
        client = Client(shim)
        client.initialize()
        for number in range(KILLS):
            request = client.enqueue(f"t{number}")
            kill_daemon(daemon_home)
            assert not client.finish(request).get("isError")
        assert client.tasks() == sorted(f"t{number}" for number in range(KILLS))


@pytest.mark.parametrize("count", [1, 30])
def test_calls_written_while_the_daemon_is_dead_are_answered(
    daemon_home: DaemonHome, count: int
) -> None:
    with running(Path(daemon_home.state)) as shim:
        client = Client(shim)
        client.initialize()
        kill_daemon(daemon_home)
        requests = [client.enqueue(f"t{number}") for number in range(count)]
        answers = {json.loads(shim.line())["id"] for _ in requests}
        assert answers == set(requests)
        assert len(client.tasks()) == count


def test_the_started_daemon_is_nobodys_child(daemon_home: DaemonHome) -> None:
    with running(Path(daemon_home.state)) as shim:
        Client(shim).initialize()
        children = Path(f"/proc/{shim.pid}/task/{shim.pid}/children")
        wait_until(lambda: children.read_text() == "", "no child and no zombie is left")
        record = records.read_record(os.path.join(daemon_home.state, ENDPOINT_RECORD))
        assert record is not None
        assert os.getsid(record["pid"]) != os.getsid(shim.pid)
        shim.end()
        assert shim.status() == 0
        assert identity.of_process(record["pid"]) is not None, "the daemon outlives the shim"


@pytest.mark.slow
def test_a_call_to_a_daemon_that_was_stopped_on_purpose_ends_soon_and_says_why(
    running_daemon: DaemonHome,
) -> None:
    with Editor(running_daemon) as editor:
        editor.open()
        editor.call("health")
        assert djobsctl(running_daemon, "stop").status == 0
        editor.ask("tools/call", {"name": "health", "arguments": {}})

        status = editor.process.wait(AWAY_SECONDS_MAX / 2)

        assert status == TEMPORARY_STATUS
        assert "stopped on purpose" in editor.errors()
        assert "djobsctl start" in editor.errors()
