"""Registered agents."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from djobs_daemon.store.records import AgentRow
from djobs_daemon.store.sqlite.rows import as_json

_COLUMNS: Final = "id, capabilities, metadata, registered_at, seen_at"
_ALL: Final = f"SELECT {_COLUMNS} FROM agents ORDER BY seen_at DESC, id LIMIT 500"
_KEEP: Final = f"""
    INSERT INTO agents (id, capabilities, metadata, registered_at, seen_at)
    VALUES (?, coalesce(?, '[]'), coalesce(?, '{{}}'), ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        capabilities = coalesce(?, capabilities),
        metadata = coalesce(?, metadata),
        seen_at = excluded.seen_at
    RETURNING {_COLUMNS}
"""


def everyone(db: sqlite3.Connection) -> Sequence[AgentRow]:
    """Return all registered agents, the most recently seen first."""
    return [_row(row) for row in db.execute(_ALL)]


def keep(
    db: sqlite3.Connection,
    agent: str,
    capabilities: Sequence[str] | None,
    metadata: str | None,
    now: int,
) -> AgentRow:
    """Register an agent, or note that it was seen; what is None stays as it was."""
    able = None if capabilities is None else as_json(capabilities)
    values = (agent, able, metadata, now, now, able, metadata)
    return _row(db.execute(_KEEP, values).fetchone())


def _row(row: tuple[Any, ...]) -> AgentRow:
    agent, capabilities, *rest = row
    return AgentRow(agent, msgspec.json.decode(capabilities, type=tuple[str, ...]), *rest)
