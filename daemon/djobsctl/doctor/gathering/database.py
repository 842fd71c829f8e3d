"""Looking at the database as files; reading it through where nobody serves it and it is small."""

import os
import shutil
import tempfile

from djobs_local import records
from djobs_local.backups import generations
from djobs_local.database_lock import lock_path
from djobs_local.locks import is_held
from djobs_protocol import endpoint
from djobs_protocol.endpoint import BACKUP_FOLDER, DAMAGE_RECORD, state_file
from djobs_protocol.version import SCHEMA_VERSION
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.database import TROUBLES, Database, look
from djobsctl.doctor.files import see
from djobsctl.doctor.header import Header, read_header
from djobsctl.doctor.place import Place
from djobsctl.doctor.programs import verify

READ_BYTES_MAX = 64 * 1024**2
"""A larger one takes seconds to read: that is left to ``djobsctl db verify``."""


def gather(place: Place) -> Database:
    """Look at the file, its log, its lock and what is remembered of it."""
    path = os.path.realpath(place.database)
    header = read_header(path)
    holder = _holder(place, path)
    return Database(
        path=path,
        header=header,
        schema_known=SCHEMA_VERSION,
        wal_bytes=_size(path + "-wal"),
        backups=len(generations(state_file(place.home, BACKUP_FOLDER))),
        holder=holder,
        remembered=_remembered(place, path),
        problems=None if holder else _problems(place, path, header),
        served=place.lives,
    )


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _holder(place: Place, path: str) -> str:
    """Return the other home whose daemon has the database; empty when none has."""
    lock = lock_path(path)
    if place.lives or not is_held(lock):
        return ""
    home = records.text(records.read_record(lock), "home")
    return home if home != place.home else ""


def _remembered(place: Place, path: str) -> str:
    record = records.read_record(state_file(place.home, DAMAGE_RECORD))
    if records.text(record, "database") != path:
        return ""
    return records.text(record, "problem", "A daemon found it damaged.")


def _problems(place: Place, path: str, header: Header | None) -> tuple[str, ...] | None:
    """Read it through, unless a daemon has it, it is none of ours, or it is large."""
    if place.lives or header is None or not header.is_ours or header.schema > SCHEMA_VERSION:
        return None
    if header.file_bytes + _size(path + "-wal") > READ_BYTES_MAX:
        return None
    return verify_copy(place, path)


def verify_copy(place: Place, path: str) -> tuple[str, ...] | None:
    """Read a copy through: opening the file itself would leave a log beside it, and take its lock.

    None when somebody wrote while it was copied: a daemon that has just been started.
    """
    with tempfile.TemporaryDirectory(prefix="djobs-doctor-") as folder:
        copy = os.path.join(folder, endpoint.DATABASE)
        before = _state(path)
        for suffix in ("", "-wal"):
            if os.path.exists(path + suffix):
                shutil.copyfile(path + suffix, copy + suffix)
        if _state(path) != before or is_held(lock_path(path)):
            return None
        return tuple(each.replace(copy, path) for each in verify(place, "--file", copy))


def _state(path: str) -> list[tuple[int, int] | None]:
    """Return what changes when somebody writes."""
    there = [see(path + suffix) for suffix in ("", "-wal")]
    return [None if each is None else (each.size, each.changed_ms) for each in there]


CHECK = Check("database", "Database", TROUBLES, gather, look)
