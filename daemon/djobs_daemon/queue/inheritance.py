"""How far a job is confined because whoever submitted it was: at least as far. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

LEVELS: Final = ("none", "write", "write+network")
"""Ascending; those of ``executors.sandbox.confinement.Level``."""


class Inherited(msgspec.Struct, frozen=True):
    """What confines a run, as far as it is passed on to what is handed over out of it."""

    level: str
    hidden: tuple[str, ...] = ()
    """Paths that may not be read, besides known secrets."""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Inherited).decode


def stored(inherited: Inherited | None) -> str | None:
    """Return it as it is stored with a job; None where nothing is confined."""
    if inherited is None or inherited.level == LEVELS[0]:
        return None
    return _encode(inherited).decode()


def inherited_of(text: str | None) -> Inherited | None:
    """Return what a job inherited."""
    return None if text is None else _decode(text)


def level_of(text: str) -> str:
    """Return the level that a job inherited."""
    return _decode(text).level


def stricter(one: str, other: str) -> str:
    """Return the level that confines more."""
    return max(one, other, key=LEVELS.index)


def both(many: Iterable[Inherited]) -> Inherited | None:
    """Return what is at least as strict as each of several; None for none."""
    level, hidden = LEVELS[0], dict[str, None]()
    for each in many:
        level = stricter(level, each.level)
        hidden |= dict.fromkeys(each.hidden)
    return None if level == LEVELS[0] else Inherited(level, tuple(hidden))
