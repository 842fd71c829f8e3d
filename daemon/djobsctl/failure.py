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
        return _refused_by_the_system(_CODE_BY_ERRNO[error.errno], error)
    traceback.print_exception(error, file=sys.stderr)
    return DjobsError(
        ErrorCode.INTERNAL,
        f"{type(error).__name__}: {error}",
        hint="This is a fault in djobs itself; please report it with the lines above.",
    )


def _refused_by_the_system(code: ErrorCode, error: OSError) -> DjobsError:
    if not error.filename:  # of all that is written, only standard output has no name
        return DjobsError(
            code,
            f"The output could not be written: {error.strerror}.",
            hint="The command may have done its work all the same; `djobsctl status` shows.",
            errno=error.errno,
        )
    return DjobsError(
        code,
        f"{error.filename}: {error.strerror}.",
        hint="Mend that and try again.",
        errno=error.errno,
        path=str(error.filename),
    )
