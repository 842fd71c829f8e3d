"""OpenAI's Chat Completions API, as servers of one's own speak it too."""

import json
from collections.abc import Iterator
from typing import Any

from tests.llm.servers.provider import Asked, ScriptedProvider
from tests.llm.servers.script import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Answer

_USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
}
_ENDINGS = {"length": "length", "refused": "content_filter"}


class OpenAIChat(ScriptedProvider):
    """Serves ``POST /v1/chat/completions``."""

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def tool(self, asked: Asked) -> str:
        tools = asked.body.get("tools")
        return str(tools[0]["function"]["name"]) if tools else ""

    def streams(self, asked: Asked) -> bool:
        return bool(asked.body.get("stream"))

    def whole(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
        if answer.arguments is not None:
            message["tool_calls"] = [_call(asked, answer)]
        choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
        return self._envelope(asked, "chat.completion") | {"choices": [choice], "usage": _USAGE}

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        for delta in _deltas(asked, answer):
            yield self._chunk(asked, {"index": 0, "delta": delta, "finish_reason": None})
        yield self._chunk(asked, {"index": 0, "delta": {}, "finish_reason": _reason(answer)})
        last = self._envelope(asked, "chat.completion.chunk") | {"choices": [], "usage": _USAGE}
        yield _data(json.dumps(last))
        yield _data("[DONE]")

    def error_event(self, kind: str) -> bytes:
        return _data(json.dumps({"error": {"message": "No.", "type": "error", "code": kind}}))

    def _chunk(self, asked: Asked, choice: dict[str, Any]) -> bytes:
        envelope = self._envelope(asked, "chat.completion.chunk")
        return _data(json.dumps(envelope | {"choices": [choice]}))

    def _envelope(self, asked: Asked, kind: str) -> dict[str, Any]:
        number = len(self.asked)
        model = asked.body["model"]
        return {"id": f"chatcmpl-{number}", "object": kind, "created": 1, "model": model}


def _reason(answer: Answer) -> str:
    usual = "stop" if answer.arguments is None else "tool_calls"
    return _ENDINGS.get(answer.ending, usual)


def _call(asked: Asked, answer: Answer) -> dict[str, Any]:
    name = asked.body["tools"][0]["function"]["name"]
    function = {"name": name, "arguments": json.dumps(answer.arguments)}
    return {"id": "call_1", "type": "function", "function": function}


def _deltas(asked: Asked, answer: Answer) -> Iterator[dict[str, Any]]:
    if answer.arguments is None:
        middle = len(answer.text) // 2
        yield {"role": "assistant", "content": answer.text[:middle]}
        yield {"content": answer.text[middle:]}
        return
    call = _call(asked, answer)
    whole = call["function"]["arguments"]
    first = call | {"index": 0, "function": call["function"] | {"arguments": whole[:5]}}
    yield {"role": "assistant", "content": None, "tool_calls": [first]}
    yield {"tool_calls": [{"index": 0, "function": {"arguments": whole[5:]}}]}


def _data(text: str) -> bytes:
    return f"data: {text}\n\n".encode()
