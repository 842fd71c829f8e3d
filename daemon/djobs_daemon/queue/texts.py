"""Texts that come in: bounded, and without secrets."""

from djobs_daemon.queue.redaction import redact
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import TEXT_BYTES_MAX


def clip(text: str, chars: int) -> str:
    """Return the beginning of a text, with an ellipsis where something follows."""
    return text if len(text) <= chars else text[: chars - 1] + "…"


def bounded_if_given(name: str, text: str | None) -> str | None:
    """Return a text that may be left out as it is stored; see ``bounded``."""
    return None if text is None else bounded(name, text)


def bounded(name: str, text: str) -> str:
    """Return a text as it is stored; raise ``TOO_LARGE`` or ``INVALID_PARAMS``, naming it."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS, f"{name} holds text that is not Unicode: {error.reason}."
        ) from None
    if size > TEXT_BYTES_MAX:
        raise DjobsError(
            ErrorCode.TOO_LARGE,
            f"{name} is {size} bytes; the limit is {TEXT_BYTES_MAX} (TEXT_BYTES_MAX).",
            limit=TEXT_BYTES_MAX,
        )
    return redact(text)
