"""The MCP Inspector's command line, through the shim, in every era it can negotiate."""

from typing import Any, get_args

import pytest

from tests.clients.inspector import Era, call_tool, list_tools
from tests.clients.place import Place
from tests.harness.length import all_but_slow

pytestmark = [pytest.mark.real_client, pytest.mark.timeout(120)]

every_era = pytest.mark.parametrize("era", all_but_slow(1, get_args(Era)))


def text_of(result: dict[str, Any]) -> str:
    (block,) = result["content"]
    text: str = block["text"]
    return text


@every_era
def test_it_lists_the_tools_and_finds_their_schemas_portable(place: Place, era: Era) -> None:
    names = {tool["name"] for tool in list_tools(place, era)}
    assert {"enqueue_task", "complete_task", "resume_session", "health"} <= names


@every_era
def test_what_one_run_enqueues_the_next_run_resumes(place: Place, era: Era) -> None:
    enqueued = call_tool(place, era, "enqueue_task", {"task_type": "t", "payload": {"path": "a"}})
    assert not enqueued.get("isError"), enqueued
    resumed = call_tool(place, era, "resume_session", {})
    assert '"path":"a"' in text_of(resumed)


@every_era
def test_health_answers(place: Place, era: Era) -> None:
    assert '"status":"ok"' in text_of(call_tool(place, era, "health", {}))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param({"task_type": "t", "priority": 11}, "priority", id="out_of_range"),
        pytest.param({"task_type": "t", "urgency": 1}, "urgency", id="unknown_name"),
        pytest.param({"payload": {"path": "a"}}, "task_type", id="missing"),
    ],
)
@every_era
def test_a_wrong_argument_is_a_tool_error(
    place: Place, era: Era, arguments: dict[str, Any], named: str
) -> None:
    refused = call_tool(place, era, "enqueue_task", arguments)
    assert refused["isError"] is True
    assert named in text_of(refused)
