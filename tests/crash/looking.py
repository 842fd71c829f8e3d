"""What stands in a database, and which statements were run on it."""

import ast
import functools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from djobs_daemon.store.sqlite import store

CHANGING = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) \S")


def every_row(path: Path) -> dict[str, list[Any]]:
    """Return all rows of all tables of a database that nobody has open."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        ]
        return {name: db.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}


class NotingConnection(sqlite3.Connection):
    """Notes the text of each statement it runs, parameters left open."""

    noted: ClassVar[set[str]] = set()

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self.noted.add(one_line(sql))
        return super().execute(sql, *parameters)

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        self.noted.add(one_line(sql))
        return super().executemany(sql, rows)


@contextmanager
def noting() -> Iterator[set[str]]:
    """Note the statements of all connections that are opened meanwhile."""
    connect = functools.partial(sqlite3.connect, factory=NotingConnection)
    noted: set[str] = set()
    with (
        mock.patch.object(sqlite3, "connect", connect),
        mock.patch.object(NotingConnection, "noted", noted),
    ):
        yield noted


def one_line(sql: str) -> str:
    """Return a statement with each run of white space made one space."""
    return " ".join(sql.split())


def written_in_the_store() -> set[str]:
    """Return every statement that changes rows and stands in the store's sources.

    Those of its package ``offline`` change a file that takes the database's place when all is done.
    What is put in only when it runs (the name of a table) is an asterisk.
    """
    folder = Path(store.__file__).parent
    texts = {text for path in folder.glob("*.py") for text in _texts(ast.parse(path.read_text()))}
    return {text for text in texts if CHANGING.match(text)}


def _texts(tree: ast.AST) -> Iterator[str]:
    if isinstance(tree, ast.JoinedStr):
        parts = (str(part.value) if isinstance(part, ast.Constant) else "*" for part in tree.values)
        yield one_line("".join(parts))
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield one_line(re.sub(r"\{\w+\}", "*", tree.value))
    for child in ast.iter_child_nodes(tree):
        yield from _texts(child)
