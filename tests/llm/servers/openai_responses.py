"""OpenAI's Responses API, whole and as server-sent events."""

import json
from collections.abc import Iterator
from typing import Any

from tests.llm.servers.provider import Asked, ScriptedProvider
from tests.llm.servers.script import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Answer

_USAGE = {
    "input_tokens": INPUT_TOKENS,
    "input_tokens_details": {"cached_tokens": CACHED_TOKENS},
    "output_tokens": OUTPUT_TOKENS,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}


class OpenAIResponses(ScriptedProvider):
    """Serves ``POST /v1/responses``."""

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def tool(self, asked: Asked) -> str:
        tools = asked.body.get("tools")
        return str(tools[0]["name"]) if tools else ""

    def streams(self, asked: Asked) -> bool:
        return bool(asked.body.get("stream"))

    def whole(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        cut = answer.ending == "length"
        return {
            "id": f"resp_{len(self.asked)}",
            "object": "response",
            "created_at": 1,
            "status": "incomplete" if cut else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "error": None,
            "instructions": None,
            "metadata": {},
            "model": asked.body["model"],
            "output": [_item(asked, answer)],
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "usage": _USAGE,
        }

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        response = self.whole(asked, answer)
        start = response | {"status": "in_progress", "output": [], "usage": None}
        for number, data in enumerate(_data(response, start)):
            event = data | {"sequence_number": number}
            yield f"event: {data['type']}\ndata: {json.dumps(event)}\n\n".encode()

    def error_event(self, kind: str) -> bytes:
        data = {"type": "error", "code": kind, "message": "No.", "param": None}
        return f"event: error\ndata: {json.dumps(data | {'sequence_number': 9})}\n\n".encode()


def _item(asked: Asked, answer: Answer) -> dict[str, Any]:
    if answer.arguments is None:
        part: dict[str, Any] = {"type": "output_text", "text": answer.text, "annotations": []}
        if answer.ending == "refused":
            part = {"type": "refusal", "refusal": answer.text}
        content = {"role": "assistant", "content": [part]}
        return {"type": "message", "id": "msg_1", "status": "completed", **content}
    return {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": asked.body["tools"][0]["name"],
        "arguments": json.dumps(answer.arguments),
        "status": "completed",
    }


def _data(response: dict[str, Any], start: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "response.created", "response": start}
    item = response["output"][0]
    yield from _item_events(item)
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    ending = "incomplete" if response["status"] == "incomplete" else "completed"
    yield {"type": f"response.{ending}", "response": response}


def _item_events(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = {"output_index": 0, "item_id": item["id"]}
    if item["type"] == "function_call":
        empty = item | {"arguments": "", "status": "in_progress"}
        name, kind, whole = "arguments", "response.function_call_arguments", item["arguments"]
    else:
        empty = item | {"content": [], "status": "in_progress"}
        part = item["content"][0]
        name, kind = "text", "response.output_text"
        if part["type"] == "refusal":
            name, kind = "refusal", "response.refusal"
        whole = part[name]
        place["content_index"] = 0
    yield {"type": "response.output_item.added", "output_index": 0, "item": empty}
    if item["type"] == "message":
        blank = item["content"][0] | {name: ""}
        yield {"type": "response.content_part.added", "part": blank, **place}
    middle = len(whole) // 2
    for piece in (whole[:middle], whole[middle:]):
        yield {"type": f"{kind}.delta", "delta": piece, "logprobs": [], **place}
    yield {"type": f"{kind}.done", name: whole, "logprobs": [], **place}
