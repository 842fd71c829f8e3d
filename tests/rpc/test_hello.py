"""What a client says about itself is taken in one spelling, and within bounds."""

from typing import Any

import pytest

from djobs_protocol.limits import CORRELATION_CHARS_MAX, NAME_CHARS_MAX
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Ask, Editor
from tests.hostile.peer import HELLO, Peer


@pytest.mark.parametrize("workspace", ["/home/u/project", "/home/u/project/"])
def test_a_workspace_is_one_however_it_is_spelled(
    running_daemon: DaemonHome, workspace: str
) -> None:
    with running_daemon.connect(workspace=workspace) as program:
        answer = program.call("job.enqueue", {"jobs": [{"type": "x"}]})

    assert answer["correlation_id"] == "/home/u/project"


@pytest.mark.parametrize(
    "said",
    [
        {"workspace": "/" + "x" * CORRELATION_CHARS_MAX},
        {"client": {"name": "x" * (NAME_CHARS_MAX + 1)}},
        {"client": {"version": "x" * (NAME_CHARS_MAX + 1)}},
        {"agent": "x" * (NAME_CHARS_MAX + 1)},
        {"agent": ""},
        {"build": "x" * (NAME_CHARS_MAX + 1)},
    ],
    ids=["workspace", "name", "version", "agent", "no agent", "build"],
)
def test_a_hello_beyond_its_bounds_is_refused(
    running_daemon: DaemonHome, said: dict[str, Any]
) -> None:
    with Peer(running_daemon) as peer:
        peer.say({"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {**HELLO, **said}})

        assert peer.code() == "invalid_params"


@pytest.mark.parametrize("said", [{"cwd": "/" + "x" * 5000}, {"args": ["x" * 5000]}])
def test_a_shim_beyond_its_bounds_is_refused(
    running_daemon: DaemonHome, said: dict[str, Any]
) -> None:
    with Peer(running_daemon) as peer:
        peer.say({"link": 1, "session": "ab" * 16, "next": 1, **said})

        assert peer.line().startswith(b"!the hello is malformed")


def test_what_a_shim_inside_a_job_enqueues_is_one_deeper(running_daemon: DaemonHome) -> None:
    with Editor(running_daemon, DJOBS_DEPTH="19") as editor:
        editor.open()
        job_id = editor.call("enqueue_task", task_type="x")["id"]
    with running_daemon.connect() as program:
        assert program.call("job.get", {"job_id": job_id})["job"]["depth"] == 20
    with Editor(running_daemon, DJOBS_DEPTH="20") as editor:
        editor.open()
        (number,) = editor.ask_all([Ask("enqueue_task", {"task_type": "x"})])
        is_error, content = editor.outcome(number)
    assert is_error
    assert "20 is the most" in content["message"]


@pytest.mark.parametrize(
    ("variable", "label"), [("ann", "ann"), ("", None), ("x" * 999, "x" * NAME_CHARS_MAX)]
)
def test_an_agents_name_from_the_environment_is_bounded(
    running_daemon: DaemonHome, variable: str, label: str | None
) -> None:
    with Editor(running_daemon, DJOBS_AGENT=variable) as editor:
        editor.open()
        job_id = editor.call("enqueue_task", task_type="x")["id"]

    with running_daemon.connect() as program:
        (event,) = program.call("job.get", {"job_id": job_id})["events"]
    assert event.get("agent") == label
