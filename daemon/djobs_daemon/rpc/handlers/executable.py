"""Whether the daemon could run what is asked of it: said at once, not when nobody looks."""

from typing import Final

import msgspec

from djobs_daemon.app import App
from djobs_daemon.executors.kinds import Refused
from djobs_daemon.queue.checks import checks_of
from djobs_daemon.store.records import JobDraft
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


def require_checkable(app: App, job_type: str, verify: str | None) -> None:
    """Raise ``INVALID_PARAMS`` for checks that could not be run as they were asked."""
    if verify is None or app.verifier is None:
        return
    try:
        app.verifier.require_runnable(job_type, checks_of(verify))
    except Refused as reason:
        raise DjobsError(ErrorCode.INVALID_PARAMS, f"A check of verify: {reason}") from None


def require_given(app: App, draft: JobDraft) -> None:
    """Raise ``INVALID_PARAMS`` for a budget or variables of a job that may not have them."""
    if draft.budget is None and draft.env is None and draft.sandbox is None:
        return
    if draft.managed_by == "executor":
        if app.dispatcher is not None:
            app.dispatcher.check_given(draft)
    elif draft.budget is not None or draft.env is not None:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            "budget and env are of work that djobs runs itself; this task is done by "
            f"{'an agent' if draft.managed_by == 'agent' else 'a worker'}.",
        )
