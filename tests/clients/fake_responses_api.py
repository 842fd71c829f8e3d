"""A scripted OpenAI Responses API: what Codex talks to instead of a model."""

import json
import re
from collections.abc import Iterator, Set
from typing import Any

from tests.clients.loopback import Event, LoopbackApi
from tests.clients.script import CallTool, Reply, Script, ToolResult

RESPONSES = "/v1/responses"
NAMESPACE = "mcp__djobs"
PREAMBLE = re.compile(r"\AWall time: .*\nOutput:\n")
"""What Codex puts before every output."""


class FakeResponsesApi(LoopbackApi):
    """Answers every model request from a script."""

    def __init__(self, script: Script | None = None, own_tools: Set[str] = frozenset()) -> None:
        super().__init__()
        self.script = script or Script()
        self._own_tools = own_tools
        """Tools that are the agent's, not of djobs."""

    def answer(self, path: str, body: dict[str, Any]) -> Iterator[Event] | dict[str, Any] | None:
        if path != RESPONSES:
            return None
        reply = self.script.next_reply(_tool_results(body))
        return _events(reply, len(self.requests), self._own_tools)


def instructions(body: dict[str, Any]) -> str:
    """Return what one request tells the model about the djobs server; Codex shortens it."""
    texts = [part["text"] for item in body["input"] for part in item.get("content", [])]
    lines = [line for text in texts for line in text.splitlines()]
    return "\n".join(line for line in lines if line.startswith(f"- {NAMESPACE}:"))


def _tool_results(body: dict[str, Any]) -> list[ToolResult]:
    """Return the results; Codex does not tell its model which are errors, the text has to."""
    items = [i for i in body["input"] if i.get("type", "").endswith("_call_output")]
    texts = [PREAMBLE.sub("", _text_of(item["output"])) for item in items]
    return [ToolResult(text, is_error=text.startswith('{"error"')) for text in texts]


def _text_of(output: str | list[dict[str, Any]]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part.get("text", "") for part in output)


def _events(reply: Reply, number: int, own_tools: Set[str]) -> Iterator[Event]:
    item = _item(reply, number, own_tools)
    response = {"id": f"resp_{number}", "object": "response", "status": "in_progress", "output": []}
    yield "response.created", {"type": "response.created", "response": response}
    yield (
        "response.output_item.done",
        {"type": "response.output_item.done", "output_index": 0, "item": item},
    )
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    done = response | {"status": "completed", "output": [item], "usage": usage}
    yield "response.completed", {"type": "response.completed", "response": done}


def _item(reply: Reply, number: int, own_tools: Set[str]) -> dict[str, Any]:
    if isinstance(reply, CallTool):
        return {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            **({} if reply.tool in own_tools else {"namespace": NAMESPACE}),
            "name": reply.tool,
            "arguments": json.dumps(reply.arguments),
        }
    return {
        "type": "message",
        "id": f"msg_{number}",
        "role": "assistant",
        "content": [{"type": "output_text", "text": reply.text}],
    }
