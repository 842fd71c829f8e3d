"""Real coding agents inside djobs' sandbox: they work, are logged in, and get no further."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients import codex
from tests.clients.claude_code import QUIET
from tests.clients.fake_messages_api import MESSAGES, FakeMessagesApi
from tests.clients.fake_responses_api import FakeResponsesApi
from tests.clients.place import Place
from tests.clients.script import CallTool, Say, Script, Step
from tests.clients.test_agent_jobs import SUBMIT, daemon, handed_over
from tests.harness import needs
from tests.work.hand_over import ended, log_of, submit

pytestmark = pytest.mark.real_client

LOGIN = '{{"claudeAiOauth":{{"accessToken":"{token}","refreshToken":"r","expiresAt":{until},\
"scopes":["user:inference"],"subscriptionType":"max"}}}}'
TOKEN = "planted-login-of-the-tests"
YEAR_2100_MS = 4_102_444_800_000


def walled(agent: str, folder: Path) -> str:
    return (
        f'[types.walled]\nexecutor = "agent"\nagent = "{agent}"\nsandbox = "write"\n'
        f'read_write = ["{folder}"]\n'
    )


def check_inner(inner: dict[str, Any]) -> None:
    """Check that what it handed over was confined as it was itself."""
    assert (inner["sandbox_required"], inner["sandbox"]) == ("write", "write by bubblewrap"), inner


@pytest.mark.slow
def test_codex_works_in_the_sandbox_and_does_not_leave_it(place: Place) -> None:
    needs.program("bwrap")
    outside = Path.home() / ".djobs-test-of-codex"
    escape = f"echo no > {outside}; sed -i s/old/new/ a.txt"
    steps: list[Step] = [
        CallTool("exec_command", {"cmd": escape}),
        CallTool("submit_task", SUBMIT),
        Say("All is new."),
    ]
    script = Script(steps)
    with FakeResponsesApi(script, own_tools={"exec_command"}) as api:
        home = codex.write_config(place, api, server=False)
        more = walled("codex", home)
        with daemon(place, more, CODEX_HOME=str(home), SCRIPTED_KEY="dummy") as at:
            job = ended(at, submit(at, "Make it new.", type="walled"))
            assert job["state"] == "succeeded", (job, log_of(at, job["id"]))
            script.check()
            assert job["sandbox"] == "write by bubblewrap"
            assert at.call("job.apply", {"job_id": job["id"]})["applied"]
            assert (place.workspace / "a.txt").read_text() == "new\n"
            check_inner(handed_over(at))
    assert not outside.exists()


@pytest.mark.slow
def test_claude_code_is_logged_in_by_its_file_where_the_type_grants_it(place: Place) -> None:
    needs.program("bwrap")
    steps: list[Step] = [
        CallTool("Read", {"file_path": "a.txt"}),
        CallTool("Edit", {"file_path": "a.txt", "old_string": "old", "new_string": "new"}),
        CallTool("submit_task", SUBMIT),
        Say("All is new."),
    ]
    script = Script(steps)
    place.daemon.env["HOME"] = str(place.home)  # whose secrets are hidden
    folder = place.home / ".claude"
    folder.mkdir()
    login = folder / ".credentials.json"
    login.touch(0o600)
    login.write_text(LOGIN.format(token=TOKEN, until=YEAR_2100_MS))
    with FakeMessagesApi(script, own_tools={"Read", "Edit"}) as api:
        keys = {"ANTHROPIC_BASE_URL": api.url, "ENABLE_TOOL_SEARCH": "false", **QUIET}
        with daemon(place, walled("claude", folder), **keys) as at:
            job = ended(at, submit(at, "Make it new.", type="walled"))
            assert job["state"] == "succeeded", (job, log_of(at, job["id"]))
            script.check()
            assert job["sandbox"] == "write by bubblewrap"
            assert f"Bearer {TOKEN}" in api.authorizations(MESSAGES)
            assert at.call("job.apply", {"job_id": job["id"]})["applied"]
            assert (place.workspace / "a.txt").read_text() == "new\n"
            check_inner(handed_over(at))
