"""Texts that a report brings: typed, or what a program printed."""

import sys

from djobs_protocol.limits import TEXT_BYTES_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

STANDARD_INPUT = "-"
PRINTED_BYTES_MAX = TEXT_BYTES_MAX // 4
"""Of standard input: each byte that is no UTF-8 becomes three."""
CUT = "[...] "


def said_text(typed: str | None) -> str | None:
    """Return the text; of a long standard input its end, which is where programs say what went on.

    What is not UTF-8 is replaced: a report must not fail because of what a program printed.
    """
    if typed != STANDARD_INPUT:
        return typed
    data, cut = end_of(sys.stdin.buffer)
    text = data.decode("utf-8", "replace").replace("\0", "\ufffd").strip()
    return CUT + text if cut else text


def end_of(stream: "BinaryIO") -> tuple[bytes, bool]:
    """Return the last bytes of a stream, and whether there were more; keeps no more than these."""
    kept, cut = b"", False
    while chunk := stream.read(PRINTED_BYTES_MAX):
        kept += chunk
        cut = cut or len(kept) > PRINTED_BYTES_MAX
        kept = kept[-PRINTED_BYTES_MAX:]
    return kept, cut
