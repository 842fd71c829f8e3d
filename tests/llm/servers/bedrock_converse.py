"""AWS Bedrock's Converse API, whole and as ``application/vnd.amazon.eventstream``."""

import json
import struct
from binascii import crc32
from collections.abc import Iterator
from typing import Any

from tests.llm.servers.provider import Asked, ScriptedProvider
from tests.llm.servers.script import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Answer

_USAGE = {
    # Bedrock leaves out what came from a cache.
    "inputTokens": INPUT_TOKENS - CACHED_TOKENS,
    "cacheReadInputTokens": CACHED_TOKENS,
    "cacheWriteInputTokens": 0,
    "outputTokens": OUTPUT_TOKENS,
    "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS,
}
_ENDINGS = {"length": "max_tokens", "refused": "content_filtered"}
_STRING_HEADER = 7


class BedrockConverse(ScriptedProvider):
    """Serves ``POST /model/<id>/converse`` and ``…/converse-stream``."""

    @property
    def base_url(self) -> str:
        return self.url

    @property
    def stream_type(self) -> str:
        return "application/vnd.amazon.eventstream"

    def tool(self, asked: Asked) -> str:
        config = asked.body.get("toolConfig")
        return str(config["tools"][0]["toolSpec"]["name"]) if config else ""

    def streams(self, asked: Asked) -> bool:
        return asked.path.endswith("/converse-stream")

    def whole(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        return {
            "output": {"message": {"role": "assistant", "content": [_block(asked, answer)]}},
            "stopReason": _stop_reason(answer),
            "usage": _USAGE,
            "metrics": {"latencyMs": 1},
        }

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        block = _block(asked, answer)
        place = {"contentBlockIndex": 0}
        yield encode("messageStart", {"role": "assistant"})
        if "toolUse" in block:
            use = block["toolUse"]
            begun = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield encode("contentBlockStart", {"start": begun, **place})
            whole = json.dumps(use["input"])
            for part in (whole[:4], whole[4:]):
                delta = {"toolUse": {"input": part}}
                yield encode("contentBlockDelta", {"delta": delta, **place})
        else:
            yield encode("contentBlockDelta", {"delta": block, **place})
        yield encode("contentBlockStop", place)
        yield encode("messageStop", {"stopReason": _stop_reason(answer)})
        yield encode("metadata", {"usage": _USAGE, "metrics": {"latencyMs": 1}})

    def error_event(self, kind: str) -> bytes:
        return encode(kind, {"message": "No."}, "exception")


def encode(event: str, payload: dict[str, Any], sort: str = "event") -> bytes:
    """Return one message of the event stream: lengths, their checksum, headers, body, checksum."""
    headers = b"".join(
        struct.pack("!B", len(name)) + name + struct.pack("!BH", _STRING_HEADER, len(value)) + value
        for name, value in (
            (f":{sort}-type".encode(), event.encode()),
            (b":content-type", b"application/json"),
            (b":message-type", sort.encode()),
        )
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", len(headers) + len(body) + 16, len(headers))
    prelude += struct.pack("!I", crc32(prelude))
    message = prelude + headers + body
    return message + struct.pack("!I", crc32(message))


def _stop_reason(answer: Answer) -> str:
    usual = "end_turn" if answer.arguments is None else "tool_use"
    return _ENDINGS.get(answer.ending, usual)


def _block(asked: Asked, answer: Answer) -> dict[str, Any]:
    if answer.arguments is None:
        return {"text": answer.text}
    name = asked.body["toolConfig"]["tools"][0]["toolSpec"]["name"]
    return {"toolUse": {"toolUseId": "tool_1", "name": name, "input": answer.arguments}}
