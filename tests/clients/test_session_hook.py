"""Claude Code and Codex, the real programs, run the hook that ``install-hooks`` gives them."""

import json

import pytest

from djobs_hook.hook import BOUND_VARIABLE
from tests.cli.command import djobsctl
from tests.clients.claude_code import run_claude_code
from tests.clients.codex import run_codex
from tests.clients.fake_messages_api import FakeMessagesApi
from tests.clients.fake_responses_api import FakeResponsesApi
from tests.clients.place import Place

pytestmark = [pytest.mark.real_client, pytest.mark.timeout(120)]

PATIENT = {BOUND_VARIABLE: "20", "DJOBS_TEST": "1"}
"""A machine that runs tests is busy."""


CONTEXT = "SessionStart hook additional context: djobs keeps"
"""How Claude Code tells its model what a hook said; the server's instructions say it as well."""


def hooked(place: Place, *words: str) -> None:
    """Run ``install-hooks`` as the person whose Claude Code it is."""
    done = djobsctl(place.daemon, "install-hooks", *words, "--yes", HOME=str(place.home))
    assert done.status == 0, done


def first_messages(place: Place) -> str:
    """Return what the model is given first."""
    with FakeMessagesApi() as api:
        run_claude_code(place, api, environ=PATIENT).check()
    return json.dumps(api.agent_requests()[0])


def test_what_is_unfinished_reaches_the_model_by_the_hook(place: Place) -> None:
    place.daemon.start()
    with place.daemon.connect(workspace=str(place.workspace)) as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "t"}] * 3})
    hooked(place, "--host", "claude-code")
    said = first_messages(place)
    assert "3 tasks are unfinished since" in said[said.index(CONTEXT) :][:300]


def test_codex_tells_its_model_as_well_once_the_hook_is_trusted(place: Place) -> None:
    place.daemon.start()
    with place.daemon.connect(workspace=str(place.workspace)) as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "t"}] * 3})
    hooked(place, "--host", "codex")
    with FakeResponsesApi() as api:
        trusted = "--dangerously-bypass-hook-trust"  # what a person says with /hooks
        run_codex(place, api, trusted, server=False, environ=PATIENT).check()
    assert "3 tasks are unfinished since" in json.dumps(api.requests[0])
