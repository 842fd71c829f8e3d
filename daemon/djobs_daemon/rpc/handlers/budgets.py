"""Budgets: how they stand, and the answer to a run that waits for more."""

from djobs_daemon.app import App
from djobs_daemon.executors.books import ALLOWED, ASKED
from djobs_daemon.executors.treasury import Treasury
from djobs_daemon.queue.budget_table import amounts
from djobs_daemon.queue.budgets import MINUTE_MS, UNITS, Budget, Standing, Unit
from djobs_daemon.queue.correlation import normalise
from djobs_daemon.queue.present import moment_if_any
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, RequestKey
from djobs_daemon.store.usage_records import MICROS_PER_USD, Allowance
from djobs_protocol.budget_messages import AllowBudget, BudgetList, BudgetQuestion, BudgetState
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import TERMINAL_STATES

PER_UNIT: dict[Unit, int] = {"usd": MICROS_PER_USD, "tokens": 1, "minutes": MINUTE_MS, "starts": 1}


async def budgets(app: App, actor: Actor) -> BudgetList:
    """Show the budgets, and how they stand."""
    if app.dispatcher is None:
        return BudgetList()
    treasury, now = app.dispatcher.treasury, app.work.clock.wall()
    return await app.store.read(lambda view: _listed(view, treasury, actor.workspace, now))


async def allow(app: App, actor: Actor, request: AllowBudget, key: RequestKey | None) -> bytes:
    """Let a job go on, or raise a budget until its period ends; then what has room goes on."""
    dispatcher = app.dispatcher
    place = normalise(request.workspace) if request.workspace else actor.workspace

    def work(ledger: Ledger) -> BudgetList:
        if request.job_id is not None:
            _let_go_on(ledger, request.job_id)
        elif dispatcher is not None:
            _raise(ledger, dispatcher.treasury, request, place)
        if dispatcher is None:
            return BudgetList()
        return _listed(ledger, dispatcher.treasury, place, ledger.now)

    if actor.depth:
        raise DjobsError(
            ErrorCode.COMMAND_REFUSED,
            "It is asked out of a job, and no job raises a budget; only somebody outside does.",
        )
    if (request.job_id is None) == (request.budget is None):
        raise _wrong("expected job_id or budget, one of the two.")
    answer = await app.store.write(actor, work, key)
    if dispatcher is not None:
        await dispatcher.reconsider()
    return answer


def _let_go_on(ledger: Ledger, job_id: str) -> None:
    job = existing(ledger, job_id)
    if job.state in TERMINAL_STATES:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{job.id} is {job.state}.")
    ledger.reserve(job, ALLOWED, {("", ""): 1})


def _raise(ledger: Ledger, treasury: Treasury, request: AllowBudget, place: str) -> None:
    budget = _meant(treasury, request, place, ledger.now)
    given = amounts(request.usd, request.tokens, request.minutes)
    if request.starts is not None:
        given["starts"] = request.starts
    if not given:
        raise _wrong("expected an amount: usd, tokens, minutes or starts.")
    for unit, amount in given.items():
        if unit not in budget.limits:
            bounded = ", ".join(budget.limits)
            raise _wrong(f"the budget {budget.scope} does not bound {unit}, only {bounded}.")
        until = budget.resets_at or ledger.now
        ledger.allow(Allowance(budget.scope, budget.subject, unit, until, amount))


def _meant(treasury: Treasury, request: AllowBudget, place: str, now: int) -> Budget:
    for each in treasury.budgets(place, now):
        if each.scope == request.budget:
            return each
    raise _wrong(f"config.toml has no budget {request.budget!r} in [budgets].")


def _listed(view: View, treasury: Treasury, workspace: str, now: int) -> BudgetList:
    rows = view.reservations()
    places = {workspace, *treasury.table.workspaces, *(each.workspace for each in rows)} - {""}
    standings = treasury.overview(view, sorted(places), now)
    states = [state for each in standings for state in _states(each)]
    asked = [each for each in rows if each.scope == ASKED]
    questions = [
        BudgetQuestion(job_id=row.job_id, scope=row.subject, unit=row.kind) for row in asked
    ]
    allowed = [each.job_id for each in rows if each.scope == ALLOWED]
    return BudgetList(budgets=states, questions=questions, allowed=allowed)


def _states(standing: Standing) -> list[BudgetState]:
    budget, used, reserved, unpriced = standing
    return [
        BudgetState(
            scope=budget.scope,
            subject=budget.subject or None,
            unit=unit,
            limit=budget.limits[unit] / PER_UNIT[unit],
            used=used.get(unit, 0) / PER_UNIT[unit],
            reserved=reserved.get(unit, 0) / PER_UNIT[unit],
            unpriced=unpriced if unit == "usd" else 0,
            resets_at=moment_if_any(budget.resets_at),
        )
        for unit in UNITS
        if unit in budget.limits
    ]


def _wrong(message: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message)
