"""What the jobs of a type get where they do not say it themselves. A few rows have any."""

import sqlite3
from typing import Final

import msgspec

from djobs_protocol.values import Defaults

_ALL: Final = "SELECT name, defaults FROM types WHERE defaults IS NOT NULL ORDER BY name"
_KEEP: Final = "UPDATE types SET defaults = ? WHERE seq = ?"
_NONE: Final = Defaults()
_decode = msgspec.json.Decoder(Defaults).decode


def defaults(db: sqlite3.Connection) -> dict[str, Defaults]:
    """Return the defaults of each type that has any."""
    return {name: _decode(text) for name, text in db.execute(_ALL)}


def keep(db: sqlite3.Connection, job_type: int, chosen: Defaults) -> None:
    """Keep the defaults of a type."""
    text = None if chosen == _NONE else msgspec.json.encode(chosen).decode()
    db.execute(_KEEP, (text, job_type))
