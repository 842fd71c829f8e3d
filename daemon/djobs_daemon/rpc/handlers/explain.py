"""Explain why a job is not running."""

from djobs_daemon.app import App
from djobs_daemon.executors.dispatcher import Dispatcher
from djobs_daemon.queue.budgets import sentence
from djobs_daemon.queue.present import moment
from djobs_daemon.queue.why import obstacles
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import JobRow
from djobs_protocol.reading_replies import Explanation, Obstacle
from djobs_protocol.reading_requests import ExplainJob


async def explain(app: App, request: ExplainJob) -> Explanation:
    """Name everything that keeps a job from running."""

    def work(view: View) -> Explanation:
        job = existing(view, request.job_id)
        found = why_waits(app, view, job, app.work.clock.wall())
        return Explanation(id=job.id, state=job.state, managed_by=job.managed_by, obstacles=found)

    return await app.store.read(work)


def why_waits(app: App, view: View, job: JobRow, now: int) -> list[Obstacle]:
    """Return everything that keeps a job from running."""
    unmet = view.unmet_dependencies([job.id]).get(job.id, ())
    needed, holder = view.states_of(unmet), view.resource_holder(job)
    found = obstacles(job, needed, holder, view.pauses(), view.limits(), now)
    if found or job.managed_by != "executor" or app.dispatcher is None:
        return found
    return _of_budgets(app.dispatcher, view, job, now) or _of_executors(app.dispatcher, job)


def _of_budgets(dispatcher: Dispatcher, view: View, job: JobRow, now: int) -> list[Obstacle]:
    return [
        Obstacle(
            kind="budget",
            text=sentence(each),
            until=None
            if each.standing.budget.resets_at is None
            else moment(each.standing.budget.resets_at),
        )
        for each in dispatcher.treasury.why_waits(view, job, now)
    ]


def _of_executors(dispatcher: Dispatcher, job: JobRow) -> list[Obstacle]:
    text = dispatcher.obstacle(job)
    return [] if text is None else [Obstacle(kind="executor", text=text)]
