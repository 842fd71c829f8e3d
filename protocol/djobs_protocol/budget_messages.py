"""Budgets: what may be used in a time, what of it is gone, and what is asked of their owner."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from djobs_protocol.limits import CORRELATION_CHARS_MAX
from djobs_protocol.values import JobId

BudgetScope = Literal["day", "month", "workspace", "job", "rate", "minute", "hour"]
RaisedBudget = Literal["day", "month", "workspace", "rate", "minute", "hour"]
BudgetUnit = Literal["usd", "tokens", "minutes", "starts"]


class ListBudgets(msgspec.Struct, kw_only=True, frozen=True):
    """Show the budgets, and how they stand."""


class AllowBudget(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Raise a budget until its period ends, or let one job go on whatever its budgets say."""

    job_id: JobId | None = None
    """Go on, in this attempt and later ones; what it uses counts as before."""
    budget: RaisedBudget | None = None
    """Raise this one, by the amounts below."""
    workspace: Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)] | None = None
    """Whose budget (default: the session's); those of a day and a month are of all together."""
    usd: Annotated[float, msgspec.Meta(gt=0, le=1e9)] | None = None
    tokens: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    minutes: Annotated[float, msgspec.Meta(gt=0, le=1e9)] | None = None
    starts: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


class BudgetState(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One unit of a budget: US dollars, tokens, minutes or starts."""

    scope: BudgetScope
    subject: str | None = None
    """A workspace's path or a job's id."""
    unit: BudgetUnit
    limit: float
    """Raises included."""
    used: float
    """By runs that are over."""
    reserved: float
    """By those that are not."""
    unpriced: int = 0
    """How often something was used that has no known price: it is in no sum of dollars."""
    resets_at: datetime | None = None


class BudgetQuestion(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job that is paused until its owner answers, or its budget has room again."""

    job_id: JobId
    scope: str
    unit: str


class BudgetList(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The budgets, and the jobs that are paused because of one."""

    budgets: list[BudgetState] = []
    questions: list[BudgetQuestion] = []
    allowed: list[JobId] = []
    """Jobs that may go on whatever their budgets say."""
