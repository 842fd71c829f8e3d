"""Which failures lead to the next model, which end the job, and which wait: a table."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from djobs_llm.contract import Answer, Code, RouteLeft


class JobFailed(Exception):
    """A failure with its code; the message is for people, and says what to do next."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        parked_until_ms: int | None = None,
        charged: bool = False,
        text: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.parked_until_ms = parked_until_ms
        self.charged = charged
        """Whether the provider may charge for the request that failed."""
        self.text = text
        """What there is of the result."""


class Verdict(NamedTuple):
    """What follows from a failure."""

    routes_on: bool
    """Another provider may do it. Else the same would happen there, or was not its fault."""
    parks: bool = False
    """Time mends it: when no model is left, the job waits and has used up no attempt."""
    again: int = 0
    """How often the same model is asked once more, if nothing was charged."""


VERDICTS: Final[dict[Code, Verdict]] = {
    # Another provider may do it
    Code.NO_CREDENTIALS: Verdict(True),
    Code.CREDENTIALS_REJECTED: Verdict(True),
    Code.QUOTA_EXCEEDED: Verdict(True),
    Code.MODEL_NOT_FOUND: Verdict(True),
    Code.PRICE_UNKNOWN: Verdict(True),
    Code.RATE_LIMITED: Verdict(True, parks=True),
    Code.OVERLOADED: Verdict(True, parks=True),
    Code.PROVIDER_ERROR: Verdict(True, again=1),
    Code.UNREACHABLE: Verdict(True, again=1),
    Code.CONNECTION_CUT: Verdict(True),
    Code.TIMED_OUT: Verdict(True),
    # It is the job's
    Code.REQUEST_INVALID: Verdict(False),
    Code.NOT_INSTALLED: Verdict(False),
    Code.CONTEXT_REFUSED: Verdict(False),
    Code.STEERING_REFUSED: Verdict(False),
    Code.OUTPUT_REFUSED: Verdict(False),
    Code.REQUEST_REJECTED: Verdict(False),
    Code.CONTEXT_TOO_LONG: Verdict(False),
    Code.CONTENT_REFUSED: Verdict(False),
    Code.OUTPUT_INVALID: Verdict(False),
    Code.OUTPUT_CUT: Verdict(False),
    Code.LIMIT_REACHED: Verdict(False),
    Code.INTERNAL: Verdict(False),
}
"""Each code stands here; a test holds that. Whoever pays would pay twice for what another model is
asked after an invalid or a refused output, so these end the job."""


def nothing_left(left: Sequence[RouteLeft]) -> Answer:
    """Return what becomes of a job none of whose models did it: parked if time mends any of them.

    Else the code is the first one's: the model that was wanted most.
    """
    waiting = [each for each in left if each.parked_until_ms is not None]
    if waiting:
        first = min(waiting, key=lambda each: each.parked_until_ms or 0)
        return Answer(
            outcome="parked",
            code=first.code,
            message=_sentences(left),
            parked_provider=first.provider,
            parked_until_ms=first.parked_until_ms,
            routes_left=tuple(left),
        )
    return Answer(
        outcome="failed", code=left[0].code, message=_sentences(left), routes_left=tuple(left)
    )


def _sentences(left: Sequence[RouteLeft]) -> str:
    return " ".join(dict.fromkeys(f"{each.provider}:{each.model}: {each.message}" for each in left))
