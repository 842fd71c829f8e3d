"""Frames of every released protocol version are read for ever (R16).

``frames-v1.jsonl`` holds one message per line as that release wrote it. Lines are only ever added.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from djobs_protocol.daemon_replies import Welcome
from djobs_protocol.daemon_requests import Hello
from djobs_protocol.envelope import decode_call
from djobs_protocol.replies import REPLIES
from djobs_protocol.requests import HELLO_METHOD, METHODS

FRAMES = [
    json.loads(line)
    for line in (Path(__file__).parent / "frames-v1.jsonl").read_text().splitlines()
]


def frame_name(frame: dict[str, Any]) -> str:
    return f"{frame['request']['id']}-{frame['method']}"


def as_json(message: object) -> Any:
    return json.loads(msgspec.json.encode(message))


def types_of(method: str) -> tuple[Any, Any]:
    if method == HELLO_METHOD:
        return Hello, Welcome
    return METHODS[method], REPLIES[METHODS[method]]


@pytest.mark.parametrize("frame", FRAMES, ids=frame_name)
def test_a_frame_of_version_1_is_understood_as_it_was(frame: dict[str, Any]) -> None:
    request_type, reply_type = types_of(frame["method"])

    call = decode_call(json.dumps(frame["request"]).encode())
    request = msgspec.json.decode(call.params, type=request_type)
    reply = msgspec.convert(frame["reply"]["result"], reply_type)

    assert call.method == frame["method"]
    assert as_json(request) == frame["request"].get("params", {})
    assert as_json(reply) == frame["reply"]["result"]


def test_every_method_of_version_1_has_a_frame() -> None:
    assert {frame["method"] for frame in FRAMES} == {HELLO_METHOD, *METHODS}
