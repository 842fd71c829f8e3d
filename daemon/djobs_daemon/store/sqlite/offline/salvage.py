"""Copy the rows of a database that may be damaged into a sound one, as far as they can be read."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

HISTORY: Final = (
    *("types", "workspaces", "workflows", "agents", "sessions", "schedules"),
    *("events", "texts"),
)
"""What the history stands in, and what its rows name, those first that others refer to."""
BESIDE: Final = (
    *("requests", "deliveries", "checkpoints", "results", "logs", "executions", "receipts"),
    *("usage", "limits", "limit_starts", "pauses", "reservations", "allowances"),
)
"""What is in no event, and refers to jobs and sessions."""
OF_JOBS: Final = ("checkpoints", "results", "logs", "executions", "receipts", "reservations")
"""Those of them whose rows mean nothing without their job."""


class Salvage:
    """From one database into another; ``lost`` says what could not be read."""

    def __init__(self, old: sqlite3.Connection, new: sqlite3.Connection) -> None:
        self._old = old
        self._new = new
        self.lost: list[str] = []

    def copy(self, tables: Sequence[str]) -> None:
        """Copy all rows of tables, each up to the first that cannot be read or does not fit."""
        for table in tables:
            columns = self._columns(table)
            if not columns:
                self.lost.append(f"The table {table} is missing.")
                continue
            names = ", ".join(f'"{column}"' for column in columns)
            places = ", ".join("?" * len(columns))
            insert = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})"
            self._new.executemany(insert, self._rows(table, names))

    def _columns(self, table: str) -> list[str]:
        """Return the columns that both have; an older schema lacks some."""
        found = [
            {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            for db in (self._old, self._new)
        ]
        return sorted(found[0] & found[1])

    def _rows(self, table: str, names: str) -> Iterator[tuple[Any, ...]]:
        # NOT INDEXED: a damaged index must not decide what is there.
        rows = self._old.execute(f"SELECT {names} FROM {table} NOT INDEXED")
        count = 0
        while True:
            try:
                row = rows.fetchone()
            except sqlite3.DatabaseError as error:
                self.lost.append(f"The table {table} is unreadable after {count} rows: {error}.")
                return
            if row is None:
                return
            count += 1
            yield row
