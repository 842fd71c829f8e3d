"""Any exception as an error of the catalogue, so that every failure has a code and a hint."""

import errno
import sys
import traceback
from typing import Final

from djobs_protocol.errors import DjobsError, ErrorCode

_CODE_BY_ERRNO: Final = {
    errno.EACCES: ErrorCode.PERMISSION,
    errno.EPERM: ErrorCode.PERMISSION,
    errno.EROFS: ErrorCode.PERMISSION,
    errno.ENOSPC: ErrorCode.STORAGE_FULL,
    errno.EDQUOT: ErrorCode.STORAGE_FULL,
}


def as_djobs_error(error: Exception) -> DjobsError:
    """Return the error; what the catalogue does not foresee is a fault, with its traceback."""
    if isinstance(error, DjobsError):
        return error
    if isinstance(error, OSError) and error.errno in _CODE_BY_ERRNO:
        return DjobsError(
            _CODE_BY_ERRNO[error.errno],
            f"{error.filename or 'The output could not be written'}: {error.strerror}.",
            hint="Mend that and try again; nothing was changed.",
            errno=error.errno,
            path=str(error.filename or ""),
        )
    traceback.print_exception(error, file=sys.stderr)
    return DjobsError(
        ErrorCode.INTERNAL,
        f"{type(error).__name__}: {error}",
        hint="This is a fault in djobs itself; please report it with the lines above.",
    )
