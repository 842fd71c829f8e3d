"""JSON-RPC 2.0 around the requests: one object per line, encoded by msgspec.

``timeout_ms`` is the one member added to a JSON-RPC request object: the client's deadline, which
the daemon enforces too (R19). A client that leaves it out gets ``REQUEST_SECONDS_DEFAULT``.
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import REQUEST_SECONDS_MAX

RequestId: TypeAlias = (
    Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    | Annotated[str, msgspec.Meta(max_length=100)]
)


class Call(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A request, or a notification when it has no id."""

    method: str
    jsonrpc: Literal["2.0"]
    id: RequestId | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")
    timeout_ms: Annotated[int, msgspec.Meta(ge=1, le=int(REQUEST_SECONDS_MAX * 1000))] | None = None


class Result(msgspec.Struct, kw_only=True, frozen=True):
    """A successful answer."""

    id: RequestId | None
    result: msgspec.Raw
    jsonrpc: Literal["2.0"] = "2.0"


class Failure(msgspec.Struct, kw_only=True, frozen=True):
    """An unsuccessful answer; ``error`` is ``DjobsError.as_wire()``."""

    id: RequestId | None
    error: dict[str, Any]
    jsonrpc: Literal["2.0"] = "2.0"


encode = msgspec.json.Encoder().encode
_decode_call = msgspec.json.Decoder(Call).decode


def decode_call(line: bytes) -> Call:
    """Return the call on one line; raise ``DjobsError`` for anything else."""
    try:
        return _decode_call(line)
    except msgspec.ValidationError as error:
        raise DjobsError(
            ErrorCode.INVALID_REQUEST, f"Not a JSON-RPC 2.0 request: {error}."
        ) from None
    except RecursionError:
        raise DjobsError(ErrorCode.PARSE_ERROR, "The message nests too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DjobsError(ErrorCode.PARSE_ERROR, f"Not JSON: {error}.") from None


def notification_line(method: str, params: msgspec.Struct) -> bytes:
    """Return the line of a message that wants no answer."""
    return encode({"jsonrpc": "2.0", "method": method, "params": params}) + b"\n"


def result_line(request_id: RequestId | None, reply: bytes) -> bytes:
    """Return the line that answers with an already encoded reply."""
    return encode(Result(id=request_id, result=msgspec.Raw(reply))) + b"\n"


def failure_line(request_id: RequestId | None, error: DjobsError) -> bytes:
    """Return the line that answers with an error."""
    return encode(Failure(id=request_id, error=error.as_wire())) + b"\n"
