"""Looking through a database of an older schema as if it had been brought to the newest."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager

from djobs_daemon.store.sqlite.database import connect
from djobs_daemon.store.sqlite.migrate import Migration, migrate, version


@contextmanager
def as_newest(db: sqlite3.Connection, migrations: list[Migration]) -> Iterator[sqlite3.Connection]:
    """Yield the database itself if its schema is the newest, else a migrated copy of it.

    The copy lies in the folder for temporary files, private, while the block lasts.
    """
    if version(db) == migrations[-1].number:
        yield db
        return
    with tempfile.TemporaryDirectory(prefix="djobs-") as folder:
        path = os.path.join(folder, "migrated.db")
        with closing(sqlite3.connect(path)) as copy:
            db.backup(copy)
        with closing(connect(path, "rw")) as copy:
            copy.execute("PRAGMA synchronous = OFF")
            migrate(copy, migrations, lambda: None)
            yield copy
