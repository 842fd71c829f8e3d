"""Databases and backups that cannot be used, or should not stay as they are."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from djobs_local.backups import MADE, name_at
from djobs_local.folders import prepare_state
from djobsctl.doctor.checks.database import LARGE_BYTES, WAL_BYTES_MAX
from tests.cli.command import enqueue
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.harness.daemon import DaemonHome

MONTH_MS = 30 * 86_400_000


def database(bench: Bench) -> Path:
    """Return the database of a home in which work was done."""
    bench.used()
    return bench.state / "jobs.db"


def damaged(bench: Bench) -> None:
    path = database(bench)
    raw = bytearray(path.read_bytes())
    raw[4096:8192] = os.urandom(4096)
    path.write_bytes(raw)


def foreign(bench: Bench) -> None:
    bench.write("jobs.db", "of another program" * 100)


def newer(bench: Bench) -> None:
    path = database(bench)
    raw = bytearray(path.read_bytes())
    raw[60:64] = (999).to_bytes(4, "big")
    path.write_bytes(raw)


def upgrade(bench: Bench) -> None:
    """Upgrade djobs: to one that knows the schema, which is this one and an older database."""
    bench.used()


def held(bench: Bench) -> None:
    other = bench.stack.enter_context(DaemonHome())
    other.start()
    prepare_state(bench.home.state)
    bench.home.env["DJOBS_DB_PATH"] = str(other.folder / "jobs.db")


def lost(bench: Bench) -> None:
    database(bench).unlink()


def long_log(bench: Bench) -> None:
    database(bench)
    bench.home.start()
    enqueue(bench.home, "c")  # a log without anything in it is not folded in
    os.truncate(bench.state / "jobs.db-wal", WAL_BYTES_MAX + 1)


def large(bench: Bench) -> None:
    os.truncate(database(bench), LARGE_BYTES + 4096)


def holes(bench: Bench) -> None:
    with closing(sqlite3.connect(database(bench))) as db:
        db.execute("CREATE TABLE big (blob)")
        db.execute("INSERT INTO big VALUES (zeroblob(50000000))")
        db.execute("DROP TABLE big")
        db.commit()


def backup_of(bench: Bench) -> Path:
    """Return the only backup of a home in which work was done."""
    bench.used()
    return next((bench.state / "backups").glob(f"{MADE}*"))


def long_used(bench: Bench) -> None:
    """Make the home a month old."""
    month = MONTH_MS / 1000
    os.utime(bench.state / "daemon.lock", (0, os.stat(bench.state).st_mtime - month))


def no_backup(bench: Bench) -> None:
    backup_of(bench).unlink()
    long_used(bench)


def old_backup(bench: Bench) -> None:
    path = backup_of(bench)
    long_ago = os.stat(path).st_mtime_ns // 1_000_000 - MONTH_MS
    path.rename(path.with_name(name_at(MADE, long_ago)))


def damaged_backup(bench: Bench) -> None:
    path = backup_of(bench)
    os.truncate(path, path.stat().st_size // 2)


def off(bench: Bench) -> None:
    bench.used()
    bench.write("config.toml", "backup_generations = 0\n")


def on(bench: Bench) -> None:
    (bench.state / "config.toml").unlink()


SETUPS = (
    Setup("database", "database-damaged", damaged),
    Setup("database", "database-foreign", foreign),
    Setup("database", "database-newer", newer, upgrade),
    Setup("database", "database-held", held),
    Setup("database", "database-lost", lost, slow=True),
    Setup("database", "database-log", long_log, slow=True),
    Setup("database", "database-large", large, slow=True),
    Setup("database", "database-holes", holes, slow=True),
    Setup("backups", "backup-none", no_backup, slow=True),
    Setup("backups", "backup-old", old_backup, slow=True),
    Setup("backups", "backup-damaged", damaged_backup),
    Setup("backups", "backup-off", off, on, slow=True),
)
