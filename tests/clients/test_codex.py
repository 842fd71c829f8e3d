"""Codex, the real program, with djobs registered as a person would register it."""

import re
from typing import Any

import pytest

from tests.clients.claude_code import run_claude_code
from tests.clients.codex import run_codex, tool_outcomes
from tests.clients.fake_messages_api import FakeMessagesApi
from tests.clients.fake_responses_api import FakeResponsesApi, instructions
from tests.clients.place import Place
from tests.clients.script import CallTool, Reply, Script, Step, ToolResult

pytestmark = [pytest.mark.real_client, pytest.mark.timeout(120)]

TASKS = [{"payload": {"path": name}} for name in ("a.py", "b.py", "c.py")]
ENQUEUE = CallTool("enqueue_task", {"task_type": "docstring", "tasks": TASKS})


def converse(place: Place, steps: list[Step]) -> tuple[list[ToolResult], list[tuple[str, str]]]:
    """Run one session of Codex whose model follows the steps.

    Return what the model got back, and what became of each call as Codex reports it.
    """
    script = Script(steps)
    with FakeResponsesApi(script) as api:
        finished = run_codex(place, api).check()
    script.check()
    return script.results, tool_outcomes(finished)


def complete_first(results: list[ToolResult]) -> Reply:
    return CallTool("complete_task", {"task_id": results[0].data["ids"][0], "evidence": "done"})


def paths(resumed: ToolResult) -> list[Any]:
    return [task["payload"]["path"] for task in resumed.data["tasks"]]


def test_a_second_session_finds_what_the_first_left(place: Place) -> None:
    converse(place, [ENQUEUE, complete_first])
    (resumed,), outcomes = converse(place, [CallTool("resume_session")])
    assert outcomes == [("resume_session", "completed")]
    assert paths(resumed) == ["b.py", "c.py"]


def test_a_second_session_finds_it_after_the_daemon_was_killed(place: Place) -> None:
    converse(place, [ENQUEUE, complete_first])
    place.daemon.kill9()
    (resumed,), _ = converse(place, [CallTool("resume_session")])
    assert paths(resumed) == ["b.py", "c.py"]


def test_a_session_goes_on_when_the_daemon_is_killed_between_two_calls(place: Place) -> None:
    def kill_then_complete(results: list[ToolResult]) -> Reply:
        place.daemon.kill9()
        return complete_first(results)

    results, outcomes = converse(place, [ENQUEUE, kill_then_complete, CallTool("resume_session")])
    assert [status for _, status in outcomes] == ["completed"] * 3
    assert paths(results[-1]) == ["b.py", "c.py"]


def test_every_tool_runs_without_an_approval(place: Place) -> None:
    def check(results: list[ToolResult]) -> Reply:
        return CallTool("check_task", {"task_id": results[0].data["ids"][1]})

    def fail(results: list[ToolResult]) -> Reply:
        task = results[0].data["ids"][1]
        return CallTool("fail_task", {"task_id": task, "error": "no such file"})

    reading = [CallTool(name) for name in ("resume_session", "list_tasks", "audit_log", "health")]
    results, outcomes = converse(place, [ENQUEUE, complete_first, check, fail, *reading])
    assert [status for _, status in outcomes] == ["completed"] * 8
    assert not any(result.is_error for result in results), results


def test_a_wrong_argument_is_a_failed_call_whose_text_says_what_is_wrong(place: Place) -> None:
    (result,), outcomes = converse(place, [CallTool("complete_task", {"task_id": 7})])
    assert outcomes == [("complete_task", "failed")]
    assert "task_id" in result.data["message"]


def test_the_model_reads_how_many_tasks_this_workspace_left_unfinished(place: Place) -> None:
    converse(place, [ENQUEUE, complete_first])
    assert_told_to_resume(place, 2)


def test_a_long_path_does_not_push_the_count_out_of_what_codex_shows(place: Place) -> None:
    deep = Place(place.root / ("deep" * 20) / ("down" * 20), place.daemon).make()
    converse(deep, [ENQUEUE])
    assert_told_to_resume(deep, 3)


def assert_told_to_resume(place: Place, unfinished: int) -> None:
    with FakeResponsesApi() as api:
        run_codex(place, api).check()
    shown = instructions(api.requests[0][1])
    assert re.search(rf"\b{unfinished} tasks are unfinished", shown), shown
    assert "call resume_session now" in shown


def test_codex_finishes_what_claude_code_began(place: Place) -> None:
    with FakeMessagesApi(Script([ENQUEUE])) as api:
        run_claude_code(place, api).check()
    (resumed,), _ = converse(place, [CallTool("resume_session")])
    assert paths(resumed) == ["a.py", "b.py", "c.py"]
