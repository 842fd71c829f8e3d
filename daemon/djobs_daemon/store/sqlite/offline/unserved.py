"""Having a database for oneself: under the lock of the state folder, and that of the file."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from djobs_local.database_lock import lock_database, lock_path
from djobs_local.locks import KernelLock, is_held
from djobs_protocol.endpoint import DAEMON_LOCK, state_file
from djobs_protocol.errors import DjobsError, ErrorCode

LOCK_SECONDS: Final = 1.0


@contextmanager
def unserved(home: str, path: str, hint: str) -> Iterator[None]:
    """Keep every daemon away from the database of a state folder while the block lasts.

    ``DjobsError(BUSY)``, with ``hint``, when one has it. Where no database is, no lock of it is
    made either.
    """
    with ExitStack() as locks:
        locks.enter_context(_lock_folder(home, path, hint))
        if os.path.exists(path):
            try:
                locks.enter_context(lock_database(path, home))
            except DjobsError as error:
                if error.code is not ErrorCode.CONFIG_INVALID:
                    raise
                raise DjobsError(ErrorCode.BUSY, error.message, hint=hint) from None
        yield


def require_unserved(path: str) -> None:
    """Raise ``BUSY`` if a daemon serves the file at ``path``, whichever state folder it is of."""
    if is_held(lock_path(path)):
        raise DjobsError(
            ErrorCode.BUSY,
            f"A daemon serves {path}.",
            hint="Ask it, with the DJOBS_HOME that it has, or make a copy with `djobsctl backup`.",
        )


def _lock_folder(home: str, path: str, hint: str) -> KernelLock:
    try:
        lock = KernelLock.acquire(state_file(home, DAEMON_LOCK), LOCK_SECONDS)
    except OSError as error:
        refused = isinstance(error, PermissionError)
        code = ErrorCode.PERMISSION if refused else ErrorCode.STORAGE_FAILED
        raise DjobsError(code, f"{error.filename or home}: {error.strerror}.") from None
    if lock is None:
        raise DjobsError(ErrorCode.BUSY, f"A daemon serves {path}.", hint=hint)
    return lock
