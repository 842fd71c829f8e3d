"""What each CLI tells is understood; the events are those of the real ones."""

from collections.abc import Iterable
from typing import Any

import pytest

from djobs_agent.bounds import overrun
from djobs_agent.claude_stream import ClaudeReader
from djobs_agent.codex_stream import CodexReader
from djobs_agent.contract import Code, Limits, Spent
from djobs_agent.heard import Heard, Reader
from djobs_agent.line_buffer import LineBuffer
from djobs_agent.lines import one_line


def lines(reader: Reader, events: Iterable[dict[str, Any]]) -> list[str]:
    return [line for event in events for line in reader.read(event)]


def item(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "item": fields}


CODEX = [
    {"type": "thread.started", "thread_id": "01a2"},
    {"type": "turn.started"},
    item("item.completed", id="item_0", type="reasoning", text="Hm."),
    item("item.started", id="item_1", type="command_execution", command="ls", status="in_progress"),
    item(
        "item.completed",
        id="item_1",
        type="command_execution",
        command="ls",
        status="failed",
        aggregated_output="no",
    ),
    item(
        "item.completed",
        id="item_2",
        type="file_change",
        status="completed",
        changes=[{"path": "a.txt", "kind": "update"}],
    ),
    item(
        "item.started",
        id="item_3",
        type="mcp_tool_call",
        server="djobs",
        tool="submit_task",
        arguments={"spec": "ls"},
        status="in_progress",
    ),
    item("item.completed", id="item_4", type="agent_message", text="fine"),
]


def test_codex_tells_calls_and_messages() -> None:
    reader = CodexReader()
    usage = {"input_tokens": 20, "cached_input_tokens": 5, "output_tokens": 2}
    said = lines(reader, [*CODEX, {"type": "turn.completed", "usage": usage}])
    assert said == [
        "turn 1: $ ls",
        "    failed: no",
        "turn 2: update a.txt",
        "turn 3: djobs.submit_task ls",
        "turn 4: fine",
        "ended after 4 turns, 22 tokens",
    ]
    assert reader.heard.session == "01a2"
    assert list(reader.heard.spent.values()) == [
        Spent(provider="openai", model="codex", tokens_in=20, tokens_out=2, tokens_cached=5)
    ]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("exceeded retry limit, last status: 429 Too Many Requests", Code.AT_LIMIT),
        ("unexpected status 503 Service Unavailable: x, url: http://127.0.0.1:1", Code.AT_LIMIT),
        ("You've hit your usage limit.", Code.AT_LIMIT),
        ("unexpected status 401 Unauthorized: x, url: http://127.0.0.1:1", Code.AGENT_FAILED),
    ],
)
def test_codex_at_a_limit_is_told_from_a_failure(message: str, code: Code) -> None:
    reader = CodexReader()
    lines(reader, [{"type": "turn.failed", "error": {"message": message}}])
    assert reader.heard.ended is not None
    assert reader.heard.ended.code is code


def answer(name: str, **usage: int) -> dict[str, Any]:
    message = {"id": name, "model": "m", "content": [], "usage": usage}
    return {"type": "assistant", "message": message, "parent_tool_use_id": None}


def test_claude_s_answers_are_counted_once_however_many_events_they_take() -> None:
    reader = ClaudeReader()
    events = [answer("a", input_tokens=5), answer("a", input_tokens=5, output_tokens=3)]
    subagent = {**answer("b", input_tokens=1), "parent_tool_use_id": "toolu_1"}
    lines(reader, [*events, subagent])
    assert (reader.heard.turns, reader.heard.tokens) == (1, 9)
    assert reader.heard.cost_usd is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"subtype": "success", "is_error": False}, None),
        ({"subtype": "success", "is_error": True, "api_error_status": 529}, Code.AT_LIMIT),
        ({"subtype": "success", "is_error": True, "api_error_status": 401}, Code.AGENT_FAILED),
        ({"subtype": "error_max_turns", "is_error": True}, Code.TURN_LIMIT),
        ({"subtype": "error_max_budget_usd", "is_error": True}, Code.COST_LIMIT),
        ({"subtype": "error_during_execution", "is_error": True}, Code.AGENT_FAILED),
    ],
)
def test_claude_says_how_it_ended(fields: dict[str, Any], code: Code | None) -> None:
    reader = ClaudeReader()
    lines(reader, [{"type": "result", **fields}])
    assert reader.heard.ended is not None
    assert reader.heard.ended.code is code


def test_a_cost_of_nothing_for_tokens_is_a_price_that_is_not_known() -> None:
    reader = ClaudeReader()
    used = {"inputTokens": 5, "outputTokens": 1, "costUSD": 0}
    lines(reader, [{"type": "result", "subtype": "success", "modelUsage": {"m": used}}])
    assert reader.heard.spent["m"].cost_usd is None


def test_silence_is_measured_from_the_last_word() -> None:
    limits = Limits(idle_seconds=10)
    assert overrun(Heard(), limits, 9.9) is None
    found = overrun(Heard(), limits, 10)
    assert found is not None
    assert found.code is Code.HUNG


def test_money_is_bounded_where_the_price_is_known() -> None:
    limits = Limits(cost_usd=1)
    heard = Heard(spent={"m": Spent(provider="p", model="m", cost_usd=1.5)})
    found = overrun(heard, limits, 0)
    assert found is not None
    assert found.code is Code.COST_LIMIT
    heard.spent["n"] = Spent(provider="p", model="n")
    assert overrun(heard, limits, 0) is None


def test_lines_come_whole_and_one_that_is_too_long_not_at_all() -> None:
    buffer = LineBuffer(4)
    found = [*buffer.take(b"ab"), *buffer.take(b"c\nlonger"), *buffer.take(b" yet\nd\n")]
    assert found == [b"abc", b"d"]


def test_a_line_of_a_log_has_no_control_characters() -> None:
    assert one_line("a\x1b[2J\n\tb\u202e") == "a [2J b"
    assert len(one_line("x" * 1000)) == 300
