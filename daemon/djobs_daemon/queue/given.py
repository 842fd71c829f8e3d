"""What a job brings along for its run: a budget, variables of its own. Pure."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from djobs_daemon.queue.job_environment import given, is_secret, shown
from djobs_daemon.queue.redaction import MARK, holds_secret
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.values import JobBudget

Variables: TypeAlias = Mapping[str, str | None]
"""By name; None: the value stands in ``secrets.env``."""

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_budget: Final = msgspec.json.Decoder(JobBudget).decode
_variables: Final = msgspec.json.Decoder(dict[str, str | None]).decode


def stored_budget(budget: JobBudget | None) -> str | None:
    """Return a budget as it is stored; None where it bounds nothing."""
    if budget is None or budget == JobBudget():
        return None
    return _encode(budget).decode()


def budget_of(stored: str | None) -> JobBudget:
    """Return the budget of a job."""
    return JobBudget() if stored is None else _budget(stored)


def require_within(asked: JobBudget, most: Mapping[str, float | None]) -> None:
    """Raise ``INVALID_PARAMS`` for a budget above what each job may have."""
    for unit, bound in most.items():
        wanted = getattr(asked, unit)
        if wanted is not None and bound is not None and wanted > bound:
            raise _wrong(
                f"budget.{unit} is {wanted:g}; [budgets] of config.toml gives each job {bound:g}."
            )


def stored_variables(variables: Variables) -> str:
    """Return variables as they are stored.

    ``INVALID_PARAMS`` for what cannot be a variable, and for a secret, which is not stored;
    ``TOO_LARGE`` for too many.
    """
    given({name: value or "" for name, value in variables.items()})
    for name, value in variables.items():
        if value is not None and (is_secret(name) or holds_secret(value)):
            raise DjobsError(
                ErrorCode.INVALID_PARAMS,
                f"env.{name} looks like a secret, and what a job is given is stored as it is.",
                hint=f"Put {name}=… into secrets.env in djobs' folder, and give {name} as null.",
            )
    return _encode(dict(variables)).decode()


def variables_of(stored: str | None) -> dict[str, str | None]:
    """Return the variables of a job."""
    return {} if stored is None else _variables(stored)


def shown_variables(stored: str) -> dict[str, str | None]:
    """Return them for people: whatever is stored, nothing that sounds like a secret is shown."""
    known = _variables(stored)
    values = {name: value for name, value in known.items() if value is not None}
    return known | shown(values, MARK)


def _wrong(message: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message)
