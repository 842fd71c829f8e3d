"""The Anthropic Messages API, whole and as server-sent events."""

import json
from collections.abc import Iterator
from typing import Any

from tests.llm.servers.provider import Asked, ScriptedProvider
from tests.llm.servers.script import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Answer

_ENDINGS = {"length": "max_tokens", "refused": "refusal"}


class AnthropicMessages(ScriptedProvider):
    """Serves ``POST /v1/messages``."""

    @property
    def base_url(self) -> str:
        return self.url

    def tool(self, asked: Asked) -> str:
        tools = asked.body.get("tools")
        return str(tools[0]["name"]) if tools else ""

    def streams(self, asked: Asked) -> bool:
        return bool(asked.body.get("stream"))

    def whole(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        return {
            "id": f"msg_{len(self.asked)}",
            "type": "message",
            "role": "assistant",
            "model": asked.body["model"],
            "content": [_block(asked, answer)],
            "stop_reason": _stop_reason(answer),
            "stop_sequence": None,
            "usage": {
                # Anthropic leaves out what came from a cache.
                "input_tokens": INPUT_TOKENS - CACHED_TOKENS,
                "cache_read_input_tokens": CACHED_TOKENS,
                "cache_creation_input_tokens": 0,
                "output_tokens": OUTPUT_TOKENS,
            },
        }

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        message = self.whole(asked, answer)
        usage = message["usage"]
        start = message | {
            "content": [],
            "stop_reason": None,
            "usage": usage | {"output_tokens": 1},
        }
        block = message["content"][0]
        yield _event({"type": "message_start", "message": start})
        yield _event({"type": "content_block_start", "index": 0, "content_block": _empty(block)})
        for delta in _deltas(block):
            yield _event({"type": "content_block_delta", "index": 0, "delta": delta})
        yield _event({"type": "content_block_stop", "index": 0})
        ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
        final = {"output_tokens": OUTPUT_TOKENS}
        yield _event({"type": "message_delta", "delta": ending, "usage": final})
        yield _event({"type": "message_stop"})

    def error_event(self, kind: str) -> bytes:
        return _event({"type": "error", "error": {"type": kind, "message": "No."}})


def _stop_reason(answer: Answer) -> str:
    usual = "end_turn" if answer.arguments is None else "tool_use"
    return _ENDINGS.get(answer.ending, usual)


def _block(asked: Asked, answer: Answer) -> dict[str, Any]:
    if answer.arguments is None:
        return {"type": "text", "text": answer.text}
    name = asked.body["tools"][0]["name"]
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": answer.arguments}


def _empty(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "text":
        return block | {"text": ""}
    return block | {"input": {}}


def _deltas(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind, name = ("text_delta", "text")
    whole = block.get("text", "")
    if block["type"] == "tool_use":
        kind, name, whole = ("input_json_delta", "partial_json", json.dumps(block["input"]))
    middle = len(whole) // 2
    for part in (whole[:middle], whole[middle:]):
        yield {"type": kind, name: part}


def _event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()
