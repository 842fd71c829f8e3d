"""Jobs that real coding agents do, through djobs: what they change, cost, and hand over."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from djobs_agent.contract import STREAM_FILE
from djobs_local.call import Connection
from tests.agent import fake_cli
from tests.clients import codex
from tests.clients.claude_code import QUIET
from tests.clients.fake_messages_api import FakeMessagesApi
from tests.clients.fake_responses_api import FakeResponsesApi
from tests.clients.installed import CLAUDE_CODE, CODEX, NODE_FOLDER, require
from tests.clients.place import Place
from tests.clients.script import CallTool, Say, Script, Step
from tests.harness import needs
from tests.work.hand_over import ended, log_of, submit

pytestmark = pytest.mark.real_client

SUBMIT = {"task_type": "shell", "spec": "echo handed over"}


@contextmanager
def daemon(place: Place, more: str = "", **keys: str) -> Iterator[Connection]:
    """Give a session of a daemon whose agents are the real ones, in a home of their own."""
    needs.program("git")
    config = [
        f'[agents.claude]\nstream = "claude"\ncommand = ["{require(CLAUDE_CODE)}"]',
        f'[agents.codex]\nstream = "codex"\ncommand = ["{require(CODEX)}"]',
        'arguments = ["--dangerously-bypass-approvals-and-sandbox"]',
        more,
    ]
    Path(place.daemon.state, "config.toml").write_text("\n".join(config))
    secrets = Path(place.daemon.state, "secrets.env")
    secrets.touch(0o600)
    own = {"PATH": f"{NODE_FOLDER}{os.pathsep}{os.defpath}", "HOME": str(place.home), **keys}
    secrets.write_text("\n".join(f"{name}={value}" for name, value in own.items()))
    (place.workspace / "a.txt").write_text("old\n")
    place.daemon.start()
    with place.daemon.connect(workspace=str(place.workspace)) as connection:
        yield connection


def djobsctl(place: Place, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "djobsctl", *arguments],
        env=place.daemon.env,
        cwd=place.workspace,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def handed_over(at: Connection) -> dict[str, Any]:
    """Return the job that the agent handed over, which has ended."""
    (job,) = (each for each in at.call("job.list", {})["jobs"] if each["type"] == "shell")
    return ended(at, job["id"])


def test_claude_code_edits_and_hands_over_and_its_diff_is_applied(place: Place) -> None:
    steps: list[Step] = [
        CallTool("Read", {"file_path": "a.txt"}),
        CallTool("Edit", {"file_path": "a.txt", "old_string": "old", "new_string": "new"}),
        CallTool("Write", {"file_path": "/tmp/outside-of-the-tree", "content": "x"}),
        CallTool("submit_task", SUBMIT),
        Say("All is new."),
    ]
    script = Script(steps)
    with FakeMessagesApi(script, own_tools={"Read", "Edit", "Write"}) as api:
        keys = {"ANTHROPIC_API_KEY": "dummy", "ANTHROPIC_BASE_URL": api.url, **QUIET}
        with daemon(place, ENABLE_TOOL_SEARCH="false", **keys) as at:
            words = ("submit", "--type", "agent", "--", "Make it new.")
            job = ended(at, djobsctl(place, *words).split()[-1].strip("."))
            assert job["state"] == "succeeded", job
            script.check()
            assert job["evidence"].endswith("All is new.")
            log = log_of(at, job["id"]).decode()
            assert "turn 2: Edit a.txt\n" in log
            assert "turn 3: Write /tmp/outside-of-the-tree\n    refused: " in log
            assert (place.workspace / "a.txt").read_text() == "old\n"
            assert "+new" in djobsctl(place, "apply", job["id"], "--show")
            assert "Nothing is in the way" in djobsctl(place, "apply", job["id"], "--dry-run")
            assert "Applied: 1 file" in djobsctl(place, "apply", job["id"])
            assert (place.workspace / "a.txt").read_text() == "new\n"
            inner = handed_over(at)
            assert (inner["workspace"], inner["depth"]) == (str(place.workspace), 2)
            (usage,) = at.call("queue.stats", {})["usage"]
            assert (usage["provider"], usage["input_tokens"]) == ("anthropic", 5)
            assert usage["cost_usd"] > 0
            stream = Path(place.daemon.state, "runs", f"{job['id']}.1", STREAM_FILE)
            check_fake(stream.read_text().splitlines())
    assert not Path("/tmp/outside-of-the-tree").exists()


def check_fake(lines: list[str]) -> None:
    """Hold the shape of what the CLI of other tests prints against the real one's."""
    real: dict[str, dict[str, Any]] = {}
    for event in map(json.loads, lines):
        real.setdefault(event["type"], event)
    said: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake_cli, "say", said.append)
        fake_cli.turn(1, {"type": "tool_use", "name": "Read", "input": {}})
        fake_cli.result()
    for event in said:
        assert_within(event, real[event["type"]])


def assert_within(fake: Any, real: Any) -> None:
    """Every member of the fake one is in the real one, with a value of its kind."""
    if isinstance(fake, dict):
        for name, value in fake.items():
            if name == "cache_read_input_tokens":
                continue  # of a scripted API that has no cache
            assert name in real, (name, real)
            assert_within(value, real[name])
    elif isinstance(fake, list) and fake:
        assert_within(fake[0], real[0])
    else:
        number = isinstance(fake, int | float) and isinstance(real, int | float)
        assert number or isinstance(real, type(fake)), (fake, real)


def test_codex_edits_and_hands_over_through_a_server_it_waits_for(place: Place) -> None:
    edit = "sed -i s/old/new/ a.txt"
    steps: list[Step] = [
        CallTool("exec_command", {"cmd": edit}),
        CallTool("submit_task", SUBMIT),
        Say("All is new."),
    ]
    script = Script(steps)
    with FakeResponsesApi(script, own_tools={"exec_command"}) as api:
        home = codex.write_config(place, api, server=False)
        with daemon(place, CODEX_HOME=str(home), SCRIPTED_KEY="dummy") as at:
            job = ended(at, submit(at, "Make it new.", type="agent", payload={"agent": "codex"}))
            assert job["state"] == "succeeded", (job, log_of(at, job["id"]))
            script.check()
            log = log_of(at, job["id"]).decode()
            assert edit in log
            assert "djobs.submit_task" in log
            assert at.call("job.apply", {"job_id": job["id"]})["applied"]
            assert (place.workspace / "a.txt").read_text() == "new\n"
            assert handed_over(at)["depth"] == 2
            (usage,) = at.call("queue.stats", {})["usage"]
            assert (usage["provider"], usage["input_tokens"]) == ("openai", 3)
            assert "cost_usd" not in usage
