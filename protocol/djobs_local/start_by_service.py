"""Have a service manager start the daemon, and learn what became of it (R32).

The caller holds ``spawn.lock``. There is no pipe to the daemon then: that it serves is seen, and
why it failed is read where it wrote it, in ``last_start.json``.
"""

import time

from djobs_local import attempts, presence, service_manager, verdict
from djobs_local.presence import Kind
from djobs_local.service_manager import Heard
from djobs_protocol.errors import ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from djobs_local.service import Service

MANAGER_SHARE = 0.5
"""Of the client's time. A manager that is silent for longer is done without, so that a broken one
costs no more; should both start a daemon in the end, the lock decides."""
STAGE = "service"
_LOOK_SECONDS = 0.2
_PAUSE_SECONDS = 0.02


def start(
    owner: "Service", state: str, attempt: attempts.Attempt, deadline: float, *, afresh: bool
) -> bool | None:
    """Fill in ``attempt``; False when another daemon was there first.

    None when no manager answers for the daemon, so that the client has to start it itself.
    ``deadline`` is a monotonic time. ``afresh``: a person asked.
    """
    seconds = max(0.1, (deadline - time.monotonic()) * MANAGER_SHARE)
    answer = service_manager.start(owner, seconds, afresh=afresh)
    if answer.heard is Heard.NO_MANAGER:
        return None
    while True:
        seen = presence.look(state, _LOOK_SECONDS, holding_spawn_lock=True)
        if seen.kind is Kind.SERVING:
            attempt.outcome = attempts.READY
            return answer.heard is Heard.STARTED
        if _told(state, attempt):
            return True
        gone = seen.kind in presence.GONE_KINDS
        if gone and answer.heard is Heard.SILENT:
            return None
        if answer.heard in (Heard.FAILED, Heard.STOPPED):
            return _failed(attempt, answer) if gone else False
        if time.monotonic() >= deadline:
            return _late(attempt, owner, gone=gone)
        time.sleep(_PAUSE_SECONDS)  # it is nobody's child and has no pipe: nothing would wake us


def _told(state: str, attempt: attempts.Attempt) -> bool:
    """Take over what the daemon itself wrote about this start; False when it wrote nothing."""
    newest = attempts.read_attempts(state)[-1:]
    if not newest or newest[0].outcome != attempts.FAILED or newest[0].at < attempt.at:
        return False
    verdict.take_over(attempt, newest[0])
    return True


def _failed(attempt: attempts.Attempt, answer: service_manager.Answer) -> bool:
    attempt.outcome, attempt.stage, attempt.text = attempts.FAILED, STAGE, answer.text
    if answer.heard is Heard.STOPPED:
        attempt.code = str(ErrorCode.STOPPED_BY_USER)
    return True


def _late(attempt: attempts.Attempt, owner: "Service", *, gone: bool) -> bool:
    if not gone:
        attempt.outcome = attempts.SLOW
        return True
    attempt.outcome, attempt.stage = attempts.FAILED, STAGE
    attempt.text = f"{owner.manager} was asked to start {owner.name}, and nothing came of it."
    return True
