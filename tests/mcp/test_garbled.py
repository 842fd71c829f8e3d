"""A line that cannot be read is answered when it asks for something, and told what is wrong."""

import json
import time
from typing import Any

import pytest

from djobs_daemon.mcp_server.garbled import refuse

CALL = b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x","arguments":%b}}'
SECONDS_MAX = 5.0


def refused(line: bytes) -> dict[str, Any]:
    answer = refuse(line, "it is malformed.")
    assert answer is not None
    message: dict[str, Any] = json.loads(answer)
    return message


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (rb'{"a":"\ud800"}', r"half a character, the lone surrogate \ud800"),
        (rb'{"a":"\\ud800 \uDC00x"}', r"half a character, the lone surrogate \uDC00"),
        (rb'{"a":"\ud83d\ude00 \\","n":NaN}', "NaN, which is no JSON number"),
        (rb'{"n":[-Infinity]}', "-Infinity, which is no JSON number"),
    ],
)
def test_what_json_writers_let_through_is_named(arguments: bytes, fault: str) -> None:
    result = refused(CALL % arguments)["result"]
    said = json.loads(result["content"][0]["text"])

    assert result["isError"]
    assert fault in said["message"]
    assert said["hint"] == "Send the call again without it."


def test_such_words_in_a_text_are_no_fault() -> None:
    said = refused(CALL % rb'{"a":"NaN \" Infinity \\ud800",}')["result"]["content"][0]["text"]

    assert "it is malformed" in said
    assert "valid JSON" in said


@pytest.mark.parametrize("number", [b"1.5", b"null", b"true", b"[1]", b"9" * 30])
def test_a_request_whose_id_no_answer_can_name_is_refused_without_one(number: bytes) -> None:
    message = refused(b'{"jsonrpc":"2.0","id":%b,"method":"ping"}' % number)

    assert message["id"] is None
    assert "must be a string or an integer" in message["error"]["message"]


def test_a_batch_is_refused_in_words() -> None:
    message = refused(b' [{"jsonrpc":"2.0","id":1,"method":"ping"}]')

    assert message["id"] is None
    assert "a line of its own" in message["error"]["message"]


@pytest.mark.parametrize("line", [b"garbage", b"5", b'{"method":"x"}', b'{"id":[1],"result":{}}'])
def test_what_asks_for_nothing_is_not_answered(line: bytes) -> None:
    assert refuse(line, "it is malformed.") is None


@pytest.mark.parametrize("nonsense", [b'"\\' * 2_000_000, b"\\" * 3_999_999, b'"' * 4_000_000])
def test_nonsense_of_any_length_is_judged_at_once(nonsense: bytes) -> None:
    began = time.monotonic()

    refuse(CALL % nonsense, "it is malformed.")

    assert time.monotonic() - began < SECONDS_MAX
