"""Whether the file is sound, and its tables, indexes and triggers are those of its schema."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from typing import Final

from djobs_daemon.store.sqlite.migrate import Migration, version
from djobs_protocol.states import TRANSITIONS

_SHAPE: Final = """
    SELECT type || ' ' || name, sql FROM sqlite_schema
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
_TRANSITIONS: Final = "SELECT state, event, target FROM transitions"


def wrong_file(db: sqlite3.Connection, most: int) -> Iterator[str]:
    """Yield what SQLite itself finds wrong, ``most`` of it at most."""
    for (problem,) in db.execute(f"PRAGMA integrity_check({most})"):
        if problem != "ok":
            yield f"Integrity: {problem}."
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield f"Integrity: row {row} of {table} refers to a missing row of {parent}."


def wrong_schema(db: sqlite3.Connection, migrations: Sequence[Migration]) -> Iterator[str]:
    """Yield what differs from a new database of the same schema."""
    known = tuple(each for each in migrations if each.number <= version(db))
    expected, found = _shape_of_new(known), dict(db.execute(_SHAPE))
    for name in expected.keys() | found.keys():
        if name not in found:
            yield f"Schema: the {name} is missing."
        elif name not in expected:
            yield f"Schema: the {name} is none of djobs'."
        elif found[name] != expected[name]:
            yield f"Schema: the {name} is not as djobs makes it."
    legal = {
        (str(state), str(event), str(target))
        for state, moves in TRANSITIONS.items()
        for event, target in moves.items()
    }
    for state, event, _ in sorted(legal ^ set(db.execute(_TRANSITIONS))):
        yield f"Schema: the row {state}, {event} of transitions is not as djobs makes it."


@cache
def _shape_of_new(migrations: tuple[Migration, ...]) -> dict[str, str]:
    with closing(sqlite3.connect(":memory:")) as new:
        for migration in migrations:
            new.executescript(migration.sql)
        return dict(new.execute(_SHAPE))
