"""Claude Code, the real program, with djobs registered as a person would register it."""

import re
from collections.abc import Callable

import pytest

from tests.clients.claude_code import run_claude_code
from tests.clients.fake_messages_api import FakeMessagesApi, djobs_tools, system_prompt
from tests.clients.place import Place
from tests.clients.script import CallTool, Reply, Script, Step, ToolResult

pytestmark = [pytest.mark.real_client, pytest.mark.timeout(120)]

TOOLS = {
    "enqueue_task",
    "complete_task",
    "fail_task",
    "resume_session",
    "check_task",
    "list_tasks",
    "audit_log",
    "health",
}

ROUNDS = 20
ROUNDS_ALWAYS = 3
"""So many rounds in every run of the tests, the others only among the slow ones."""

every_round = pytest.mark.parametrize(
    "turn",
    [
        pytest.param(turn, marks=[] if turn <= ROUNDS_ALWAYS else [pytest.mark.slow])
        for turn in range(1, ROUNDS + 1)
    ],
)
FILES = ["a.py", "b.py", "c.py"]


def converse(place: Place, steps: list[Step]) -> FakeMessagesApi:
    """Run one session of Claude Code whose model follows the steps; return what it was asked."""
    script = Script(steps)
    with FakeMessagesApi(script) as api:
        run_claude_code(place, api).check()
    script.check()
    return api


def first_request_tools(place: Place) -> set[str]:
    """Start a session and return the djobs tools that its first request offers the model."""
    return djobs_tools(converse(place, []).agent_requests()[0])


def enqueue_files(_results: list[ToolResult]) -> Reply:
    return CallTool(
        "enqueue_task",
        {"task_type": "docstring", "tasks": [{"payload": {"path": path}} for path in FILES]},
    )


def complete_nth(position: int) -> Callable[[list[ToolResult]], Reply]:
    """Make a step that completes one of the tasks that the first call enqueued."""

    def step(results: list[ToolResult]) -> Reply:
        task = results[0].data["ids"][position]
        return CallTool("complete_task", {"task_id": task, "evidence": f"{FILES[position]} done"})

    return step


@every_round
def test_the_first_request_offers_the_tools_while_the_daemon_runs(place: Place, turn: int) -> None:
    place.daemon.start()
    assert first_request_tools(place) == TOOLS, f"in round {turn}"


@every_round
def test_the_first_request_offers_the_tools_when_nothing_runs(place: Place, turn: int) -> None:
    assert first_request_tools(place) == TOOLS, f"in round {turn}"
    assert len(place.daemon.births()) == 1


def test_a_session_that_finds_no_home_at_all_has_the_tools_at_once(place: Place) -> None:
    place.daemon.folder.rmdir()
    assert first_request_tools(place) == TOOLS


def test_tools_behind_tool_search_are_announced_by_name_in_the_first_request(place: Place) -> None:
    with FakeMessagesApi() as api:
        run_claude_code(place, api, tool_search=True).check()
    announced = set(re.findall(r"mcp__djobs__(\w+)", system_prompt(api.agent_requests()[0])))
    assert announced == TOOLS


def test_the_model_reads_how_many_tasks_this_workspace_left_unfinished(place: Place) -> None:
    converse(place, [enqueue_files, complete_nth(1)])
    prompt = system_prompt(converse(place, []).agent_requests()[0])
    assert re.search(r"\b2 tasks are unfinished", prompt)
    assert "call resume_session" in prompt


def test_the_count_is_there_when_the_daemon_has_to_be_started_for_it(place: Place) -> None:
    converse(place, [enqueue_files])
    place.daemon.kill9()
    prompt = system_prompt(converse(place, []).agent_requests()[0])
    assert re.search(r"\b3 tasks are unfinished", prompt)


def test_the_count_leaves_out_the_tasks_of_other_workspaces(place: Place) -> None:
    converse(place, [CallTool("enqueue_task", {"task_type": "x", "correlation_id": "elsewhere"})])
    prompt = system_prompt(converse(place, []).agent_requests()[0])
    assert "nothing is unfinished there now" in prompt


def test_a_session_goes_on_when_the_daemon_is_killed_between_two_calls(place: Place) -> None:
    def kill_then_complete(results: list[ToolResult]) -> Reply:
        place.daemon.kill9()
        return complete_nth(1)(results)

    script = Script(
        [enqueue_files, complete_nth(0), kill_then_complete, CallTool("resume_session")]
    )
    with FakeMessagesApi(script) as api:
        run_claude_code(place, api).check()
    script.check()
    enqueued, first, second, resumed = script.results
    assert not any(result.is_error for result in script.results), script.results
    assert len(enqueued.data["ids"]) == len(FILES)
    assert (first.data["unfinished"], second.data["unfinished"]) == (2, 1)
    assert [task["payload"] for task in resumed.data["tasks"]] == [{"path": FILES[2]}]


@pytest.mark.slow
def test_a_session_survives_a_kill_of_the_daemon_before_every_call(place: Place) -> None:
    def killing(step: Callable[[list[ToolResult]], Reply]) -> Step:
        def kill_first(results: list[ToolResult]) -> Reply:
            place.daemon.kill9()
            return step(results)

        return kill_first

    script = Script(
        [
            killing(enqueue_files),
            killing(complete_nth(0)),
            killing(complete_nth(2)),
            killing(lambda _: CallTool("resume_session")),
        ]
    )
    with FakeMessagesApi(script) as api:
        run_claude_code(place, api).check()
    script.check()
    assert not any(result.is_error for result in script.results), script.results
    tasks = script.results[-1].data["tasks"]
    assert [task["payload"] for task in tasks] == [{"path": FILES[1]}]
