"""How deeply a payload may nest. What is deeper is refused when it comes, not when it is read."""

from typing import Any

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import PAYLOAD_DEPTH_MAX


def require_shallow(payload: Any, encoded: bytes) -> None:
    """Raise ``INVALID_PARAMS`` if the payload nests deeper than ``PAYLOAD_DEPTH_MAX``."""
    if encoded.count(b"{") + encoded.count(b"[") <= PAYLOAD_DEPTH_MAX:
        return  # most payloads have not even so many
    level = [payload]
    for _ in range(PAYLOAD_DEPTH_MAX):
        level = [member for each in level for member in _members(each)]
        if not level:
            return
    raise too_deep()


def too_deep() -> DjobsError:
    """Return the refusal."""
    return DjobsError(
        ErrorCode.INVALID_PARAMS,
        f"payload nests deeper than {PAYLOAD_DEPTH_MAX} levels (PAYLOAD_DEPTH_MAX).",
        limit=PAYLOAD_DEPTH_MAX,
    )


def _members(value: Any) -> list[Any]:
    match value:
        case dict():
            return [each for each in value.values() if isinstance(each, dict | list)]
        case list():
            return [each for each in value if isinstance(each, dict | list)]
        case _:
            return []
