"""Read what a daemon sent: as the type it must be, or as one error that says it is not."""

from typing import TypeVar

import msgspec

from djobs_protocol.errors import DjobsError, ErrorCode

T = TypeVar("T")


def decode(encoded: bytes, expected: type[T]) -> T:
    """Return the JSON as ``expected``.

    ``DjobsError(PARSE_ERROR)`` for anything else: no JSON, no UTF-8, nested too deeply, or fields
    that are missing or of another type.
    """
    try:
        return msgspec.json.decode(encoded, type=expected)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DjobsError(
            ErrorCode.PARSE_ERROR,
            f"What answered is no daemon of this protocol: {error}.",
            hint="`djobsctl status` says who listens there; `djobsctl restart` mends old versions.",
        ) from None
