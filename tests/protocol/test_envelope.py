"""What is not a request is refused with its own code, and nothing else happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_protocol.envelope import decode_call, failure_line, result_line
from djobs_protocol.errors import DjobsError, ErrorCode


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", ErrorCode.PARSE_ERROR),
        (b"hello", ErrorCode.PARSE_ERROR),
        (b'{"jsonrpc":"2.0","method":"x"', ErrorCode.PARSE_ERROR),
        (b"\xff\xfe", ErrorCode.PARSE_ERROR),
        (b'{"jsonrpc":"2.0","method":"\xff"}', ErrorCode.PARSE_ERROR),
        (b"[" * 100_000, ErrorCode.INVALID_REQUEST),
        (
            b'{"jsonrpc":"2.0","method":"x","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            ErrorCode.PARSE_ERROR,
        ),
        (b"[]", ErrorCode.INVALID_REQUEST),
        (b"{}", ErrorCode.INVALID_REQUEST),
        (b'{"jsonrpc":"1.0","method":"x"}', ErrorCode.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","method":7}', ErrorCode.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","method":"x","id":1.5}', ErrorCode.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","method":"x","timeout_ms":0}', ErrorCode.INVALID_REQUEST),
    ],
)
def test_a_line_that_is_no_request_has_its_code(line: bytes, code: ErrorCode) -> None:
    with pytest.raises(DjobsError) as refusal:
        decode_call(line)

    assert refusal.value.code is code


@given(st.binary(max_size=300))
def test_any_bytes_are_a_call_or_an_error(line: bytes) -> None:
    try:
        assert decode_call(line).jsonrpc == "2.0"
    except DjobsError as error:
        assert error.code in (ErrorCode.PARSE_ERROR, ErrorCode.INVALID_REQUEST)  # noqa: PT017


def test_unknown_members_are_ignored() -> None:
    call = decode_call(b'{"jsonrpc":"2.0","id":"a","method":"x","params":{"y":1},"new":true}')

    assert (call.id, call.method, bytes(call.params)) == ("a", "x", b'{"y":1}')


def test_answers_are_one_line_each() -> None:
    assert result_line(1, b'{"a":"b"}') == b'{"id":1,"result":{"a":"b"},"jsonrpc":"2.0"}\n'
    assert failure_line(None, DjobsError(ErrorCode.BUSY)).count(b"\n") == 1
