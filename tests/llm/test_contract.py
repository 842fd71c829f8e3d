"""The two files and the usage lines survive whatever may be in them."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_llm.contract import (
    Answer,
    Code,
    Request,
    Route,
    Usage,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from djobs_llm.usage_lines import UsageLine, append_line, read_totals

REQUEST = Request(
    type="write_file",
    spec="Write it.",
    workspace="/w",
    routes=(Route(provider="a", model="b"),),
    providers={},
)


def line(requests: int) -> UsageLine:
    return UsageLine(at_ms=1, provider="a", model="b", totals=Usage(requests=requests))


def test_a_request_is_read_as_it_was_written() -> None:
    assert decode_request(encode_request(REQUEST)) == REQUEST


def test_an_answer_is_read_as_it_was_written() -> None:
    answer = Answer(outcome="failed", code=Code.OUTPUT_CUT, usage=Usage(cost_usd=None))
    assert decode_answer(encode_answer(answer)) == answer


def test_an_unknown_price_is_null_and_not_nought() -> None:
    content = encode_answer(Answer(outcome="done", usage=Usage(cost_usd=None)))
    assert b'"cost_usd":null' in content


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="format 2"):
        decode_request(encode_request(msgspec.structs.replace(REQUEST, format=2)))


def test_a_field_that_is_not_known_yet_is_ignored() -> None:
    content = encode_request(REQUEST)[:-1] + b',"later":1}'
    assert decode_request(content) == REQUEST


def test_a_request_without_a_route_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="routes"):
        decode_request(encode_request(msgspec.structs.replace(REQUEST, routes=())))


def test_without_a_usage_file_nothing_was_used(tmp_path: Path) -> None:
    assert read_totals(tmp_path / "usage.jsonl") == Usage()


@settings(deadline=None, max_examples=25)  # each line is written through to the disk
@given(st.integers(1, 4), st.binary(max_size=80))
def test_a_torn_last_line_costs_nothing_that_was_whole(
    tmp_path_factory: pytest.TempPathFactory, lines: int, torn: bytes
) -> None:
    path = tmp_path_factory.mktemp("usage") / "usage.jsonl"
    for number in range(lines):
        append_line(path, line(number + 1))
    with path.open("ab") as file:
        file.write(torn)
    assert read_totals(path) == Usage(requests=lines)
