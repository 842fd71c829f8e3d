"""What a job brings along, held against what its type and the config file allow. Pure."""

from djobs_daemon.executors.inheriting import Confining
from djobs_daemon.executors.kinds import Executor, Refused
from djobs_daemon.executors.variables import TakesVariables
from djobs_daemon.queue.budget_table import Sums
from djobs_daemon.queue.given import budget_of, require_within, variables_of
from djobs_daemon.queue.inheritance import level_of
from djobs_daemon.store.records import JobDraft


def require_given(executor: Executor, draft: JobDraft, most: Sums) -> None:
    """Raise ``Refused``, or ``INVALID_PARAMS``, for what the job may not have.

    ``most`` is what the config file gives each job.
    """
    if draft.budget is not None:
        bounds = {"usd": most.usd, "tokens": most.tokens, "minutes": most.minutes}
        require_within(budget_of(draft.budget), bounds)
    if draft.env is not None:
        if not isinstance(executor, TakesVariables):
            raise Refused(f"Work of the type {draft.type!r} takes no env: it runs no command.")
        executor.variables.check(variables_of(draft.env))
    if draft.sandbox is not None:
        level = level_of(draft.sandbox)
        why = executor.cannot_inherit(level) if isinstance(executor, Confining) else "it cannot be"
        if why:
            raise Refused(
                f"Whoever hands this over is confined ({level}), and so must it be, but a task of "
                f"the type {draft.type!r} cannot be: {why}."
            )
