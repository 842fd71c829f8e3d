"""Long values as an agent reads them: short, bounded, and saying that they were cut.

Pure. Everything here was written by agents, in any script; what it costs a model is estimated,
because a tokenizer is not at hand. The estimate was measured against ``cl100k_base``: prose, code,
paths and JSON within a tenth, scripts other than Latin from above, random letters somewhat below.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from djobs_daemon.queue import texts
from djobs_protocol.values import Holder

SESSION_CHARS: Final = 12
NAME_CHARS: Final = 60
"""Types and names of agents, which may be 200 long."""
GROUP_CHARS: Final = 200
BLOCKERS_SHOWN: Final = 3
DETAIL_BYTES_MAX: Final = 3072
"""Of each long text of one task; a payload may be 256 KiB. `djobsctl show` prints all of it."""

PIECES_REMEMBERED: Final = 4096
"""Words and signs whose cost is known: the rows of a page, and of the next, repeat them."""
ROWS_REMEMBERED: Final = 512
"""Rows whose cost is known: a page that is too long is made again with fewer of them."""

_WORD_CHARS: Final = 9
_RANDOM_CHARS: Final = 12
"""A run of small letters that is longer is seldom a word, and costs like noise."""
_PIECE: Final = re.compile(
    r"[ -/:-@\[-`{-~]?[A-Z]?[a-z]+|[ -/:-@\[-`{-~]?[A-Z]+|[0-9]{1,3}|[ -/:-@\[-`{-~]+|[^\x00-\x7f]"
)
_BY_SCRIPT: Final = ((0x7FF, 0.6), (0x1FFF, 1.3), (0x30FF, 1.0), (0xFFFF, 2.2), (0x10FFFF, 3.0))
"""Tokens of one character up to a code point: Cyrillic, Indic scripts, kana, ideographs, emoji."""


@lru_cache(maxsize=ROWS_REMEMBERED)
def estimate_tokens(text: str) -> float:
    """Return about how many tokens a text costs a model."""
    return sum(map(_cost, _PIECE.findall(text)))


@lru_cache(maxsize=PIECES_REMEMBERED)
def _cost(piece: str) -> float:
    last, length = piece[-1], len(piece)
    if not piece.isascii():
        return next(cost for last_code, cost in _BY_SCRIPT if ord(piece) <= last_code)
    if last.islower():
        return length / 2 if length > _RANDOM_CHARS else 1 + (length - 1) // _WORD_CHARS
    if last.isupper():
        return (length + 2) // 2
    if last.isdigit():
        return 1
    return (length + 2) // 3 if length <= _WORD_CHARS else length / 1.5


def present(**fields: Any) -> dict[str, Any]:
    """Leave out what says nothing: None, False, empty collections. Zero is a fact and stays."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ([], {}, "")
    }


def shown_time(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 with seconds; years have four digits on every platform."""
    return None if at is None else f"{at.year:04}-{at:%m-%dT%H:%M:%SZ}"


def shown_group(correlation_id: str) -> str:
    """Return a workflow's id, or the end of a very long one."""
    if len(correlation_id) <= GROUP_CHARS:
        return correlation_id
    return "…" + correlation_id[1 - GROUP_CHARS :]


def shown_holder(holder: Holder | None) -> str | None:
    """Return who works on a task: the agent's name, else the beginning of its session."""
    if holder is None:
        return None
    return clip(holder.agent, NAME_CHARS) or holder.session[:SESSION_CHARS]


def clip(text: str | None, chars: int) -> str | None:
    """Return the beginning of a text, if there is one."""
    return None if text is None else texts.clip(text, chars)


def clip_bytes(text: str, limit: int) -> str:
    """Return the beginning of a text, as many whole characters as fit ``limit`` bytes."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[:limit].decode("utf-8", "ignore") + "…"


def preview(payload: Any, limit: int) -> Any:
    """Return a payload, or the beginning of its JSON as text: ``limit`` bytes of it.

    Quotes in that text are single: escaped within JSON, each would cost twice.
    """
    encoded = msgspec.json.encode(payload)
    if len(encoded) <= limit:
        return payload
    return clip_bytes(encoded.decode().replace('"', "'").replace("\\", ""), limit)
