"""What an SQLite error means to a caller, and whether it spoils the whole transaction."""

import os
import sqlite3
from typing import Final

from djobs_protocol.errors import DjobsError, ErrorCode

FREE_BYTES_MIN: Final = 256 * 1024
"""With less free space than this, a failed write is blamed on the full disk."""

_REQUEST_ERRORS: Final = frozenset(
    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}
    | {sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE}
)
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NOT_TEXT: Final = "Could not decode to UTF-8"
"""What ``sqlite3`` says without a code of SQLite's; only damage makes text of ours undecodable."""
_KEY_TAKEN: Final = "jobs.key_scope, jobs.idempotency_key"


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; ``SQLITE_ERROR`` where Python itself refused."""
    return int(getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR) & 0xFF


def spoils_transaction(error: sqlite3.Error) -> bool:
    """Say whether the fault is the storage's: nothing of the transaction may be kept then."""
    return primary_code(error) not in _REQUEST_ERRORS


def explain(error: sqlite3.Error, path: str) -> DjobsError:
    """Return the error a caller gets."""
    code = primary_code(error)
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    told = f"{error} ({name})"
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        return DjobsError(
            ErrorCode.STORAGE_FULL,
            f"No space left for {path}: {told}. Nothing of this request was written.",
        )
    if str(error).startswith(_NOT_TEXT):
        return DjobsError(ErrorCode.DB_CORRUPT, f"{path} is damaged: a stored text is not UTF-8.")
    if code in _DAMAGE:
        return DjobsError(ErrorCode.DB_CORRUPT, f"{path} is damaged: {told}.")
    if code == sqlite3.SQLITE_CONSTRAINT and _KEY_TAKEN in str(error):
        return DjobsError(ErrorCode.IDEMPOTENCY_CONFLICT)
    if code in _REQUEST_ERRORS:
        return DjobsError(ErrorCode.INTERNAL, f"The database refused a statement: {told}.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        told = f"another program holds {path} locked"
    return DjobsError(ErrorCode.STORAGE_FAILED, f"{path} could not be used: {told}.")


def _is_full(path: str) -> bool:
    try:
        room = os.statvfs(os.path.dirname(path))
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < FREE_BYTES_MIN
