"""The errors of this package."""

import errno

from djobs_protocol.errors import DjobsError, ErrorCode


def refused(path: str, why: str) -> DjobsError:
    """Return that a path may not be written."""
    return DjobsError(ErrorCode.PATH_REFUSED, f"{path!r} cannot be written: {why}.", path=path)


def failed(path: str, error: OSError) -> DjobsError:
    """Return what the system said while a path was being looked at or written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DjobsError(
            ErrorCode.STORAGE_FULL, f"The disk is full; {path!r} was not written.", path=path
        )
    return refused(path, error.strerror or str(error))


def changed(path: str, what: str) -> DjobsError:
    """Return that somebody else was at work at the same time."""
    return DjobsError(ErrorCode.CONFLICT, f"{path!r} {what}.", path=path)
