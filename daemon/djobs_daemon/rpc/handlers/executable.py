"""Whether the daemon could run what is asked of it: said at once, not when nobody looks."""

from typing import Final

import msgspec

from djobs_daemon.app import App
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.values import ManagedBy

_decode: Final = msgspec.json.Decoder().decode


def require_executable(
    app: App, managed_by: ManagedBy | None, job_type: str, payload: str, redacted: int
) -> None:
    """Raise ``INVALID_PARAMS`` for work of an executor that could not be run as it was asked.

    ``payload`` is what would be stored; ``redacted`` counts the secrets that were taken out of it:
    without them the work would be another.
    """
    if managed_by != "executor":
        return
    if redacted:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            "The payload holds what looks like a secret, which is not stored, and without it the "
            "work would be another; expected it in a file or variable that the work reads itself.",
        )
    if app.dispatcher is not None:
        app.dispatcher.check(job_type, _decode(payload))
