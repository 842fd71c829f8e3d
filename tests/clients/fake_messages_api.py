"""A scripted Anthropic Messages API: what Claude Code talks to instead of a model."""

import json
from collections.abc import Iterator, Set
from typing import Any

from tests.clients.loopback import Event, LoopbackApi
from tests.clients.script import DONE, CallTool, Reply, Script, ToolResult

MESSAGES = "/v1/messages"
TOOL_PREFIX = "mcp__djobs__"
"""How Claude Code names the tools of the MCP server ``djobs``."""


class FakeMessagesApi(LoopbackApi):
    """Answers the agent from a script and every side request, such as a title, with ``ok``."""

    def __init__(self, script: Script | None = None, own_tools: Set[str] = frozenset()) -> None:
        super().__init__()
        self.script = script or Script()
        self._own_tools = own_tools
        """Tools that are the agent's, not of djobs."""

    def answer(self, path: str, body: dict[str, Any]) -> Iterator[Event] | dict[str, Any] | None:
        if path != MESSAGES:
            return None
        reply = self.script.next_reply(_tool_results(body)) if body.get("tools") else DONE
        message = _message(body, reply, len(self.requests), self._own_tools)
        return _events(message) if body.get("stream") else message

    def agent_requests(self) -> list[dict[str, Any]]:
        """Return the requests of the agent itself: those that offer the model tools."""
        return [body for body in self.bodies(MESSAGES) if body.get("tools")]


def system_prompt(body: dict[str, Any]) -> str:
    """Return everything of one request that the model reads before the user's words."""
    system = body.get("system", "")
    blocks = [system] if isinstance(system, str) else [block["text"] for block in system]
    return "\n".join(blocks + [_text_of(message["content"]) for message in body["messages"]])


def djobs_tools(body: dict[str, Any]) -> set[str]:
    """Return the djobs tools one request offers to the model, by their MCP names."""
    names = (tool["name"] for tool in body.get("tools", []))
    return {name.removeprefix(TOOL_PREFIX) for name in names if name.startswith(TOOL_PREFIX)}


def _tool_results(body: dict[str, Any]) -> list[ToolResult]:
    blocks = [
        block
        for message in body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    ]
    return [
        ToolResult(_text_of(block.get("content", "")), bool(block.get("is_error")))
        for block in blocks
    ]


def _text_of(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")


def _message(
    body: dict[str, Any], reply: Reply, number: int, own_tools: Set[str]
) -> dict[str, Any]:
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [_block(reply, number, own_tools)],
        "stop_reason": "tool_use" if isinstance(reply, CallTool) else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _block(reply: Reply, number: int, own_tools: Set[str]) -> dict[str, Any]:
    if isinstance(reply, CallTool):
        name = reply.tool if reply.tool in own_tools else TOOL_PREFIX + reply.tool
        return {
            "type": "tool_use",
            "id": f"toolu_{number}",
            "name": name,
            "input": reply.arguments,
        }
    return {"type": "text", "text": reply.text}


def _events(message: dict[str, Any]) -> Iterator[Event]:
    """Split a whole message into the events it would be streamed as."""
    block = message["content"][0]
    start = message | {"content": [], "stop_reason": None}
    yield "message_start", {"type": "message_start", "message": start}
    yield "content_block_start", {"type": "content_block_start", "index": 0} | _opening(block)
    yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": _delta(block)}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield (
        "message_delta",
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}},
    )
    yield "message_stop", {"type": "message_stop"}


def _opening(block: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"input": {}} if block["type"] == "tool_use" else {"text": ""}
    return {"content_block": block | empty}


def _delta(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "tool_use":
        return {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    return {"type": "text_delta", "text": block["text"]}
