"""When an agent has had enough. Pure: what was heard, and a clock, come in."""

from typing import NamedTuple

from djobs_agent.contract import Code, Limits
from djobs_agent.heard import Heard


class Overrun(NamedTuple):
    """The bound that was reached."""

    code: Code
    message: str


def overrun(heard: Heard, limits: Limits, silent_seconds: float) -> Overrun | None:
    """Return the bound that an agent at work has reached, if any.

    The last turn allowed is let come to its end: what is one too many is the next one's first word.
    """
    if heard.turns > limits.max_turns:
        return Overrun(
            Code.TURN_LIMIT,
            f"It was ended after {limits.max_turns} turns (max_turns). Raise max_turns, or make "
            "the task smaller.",
        )
    if limits.tokens is not None and heard.tokens >= limits.tokens:
        return Overrun(
            Code.TOKEN_LIMIT, f"It was ended: {heard.tokens:,} tokens of {limits.tokens:,} used."
        )
    cost = heard.cost_usd
    if limits.cost_usd is not None and cost is not None and cost >= limits.cost_usd:
        return Overrun(Code.COST_LIMIT, f"It was ended: ${cost:.4f} of ${limits.cost_usd:g} spent.")
    if silent_seconds >= limits.idle_seconds:
        return Overrun(
            Code.HUNG,
            f"It was ended: nothing was heard of it for {limits.idle_seconds:g} s (idle_seconds).",
        )
    return None
