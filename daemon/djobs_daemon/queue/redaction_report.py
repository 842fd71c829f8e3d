"""How much was taken out of what a client sent: changed in silence, it would mislead."""

from typing import Any

import msgspec

from djobs_daemon.queue.redaction import MARK

_encode = msgspec.json.Encoder().encode


def marks_added(sent: Any, stored: str) -> int:
    """Return how many secrets of a text, or of a JSON value, are not in what is stored of it."""
    marks = stored.count(MARK)
    if not marks:
        return 0
    before = sent if isinstance(sent, str) else _encode(sent).decode()
    return marks - before.count(MARK)
