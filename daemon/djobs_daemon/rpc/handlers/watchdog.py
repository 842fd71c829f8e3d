"""For whoever watches: what does not get on, and who has been told of it."""

from djobs_daemon.app import App
from djobs_daemon.queue import correlation, stale
from djobs_daemon.queue.notices import judge, present_delivery, remembered_until
from djobs_daemon.queue.present import as_milliseconds, moment, moment_if_any
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, RequestKey
from djobs_daemon.store.upkeep_records import Notice
from djobs_protocol.queue_replies import NoticeAnswer, NoticeList, StaleJobs
from djobs_protocol.queue_requests import DeliverNotice, FindStale, ListNotices
from djobs_protocol.values import StaleJob

FOREVER_MS = 2**53
ALL_HELD = 1_000_000


async def deliver(app: App, actor: Actor, request: DeliverNotice, key: RequestKey | None) -> bytes:
    """Grant a notice to one asker, or say who was told when."""
    notice = Notice(request.kind, request.key, request.recipient)
    window = as_milliseconds(request.window_seconds)
    cooldown = as_milliseconds(request.cooldown_seconds)

    def work(ledger: Ledger) -> NoticeAnswer:
        before = ledger.delivery(notice)
        last_of_kind = ledger.last_delivery(notice.kind, notice.recipient) if cooldown else None
        verdict = judge(before, last_of_kind, window, cooldown, ledger.now)
        if verdict.reason is None:
            ledger.note_delivery(notice, remembered_until(window, cooldown, ledger.now))
        return NoticeAnswer(
            deliver=verdict.reason is None,
            reason=verdict.reason,
            times=(before.times if before else 0) + (verdict.reason is None),
            last_at=moment(before.last_at) if before else None,
            again_at=moment_if_any(verdict.again_at),
        )

    return await app.store.write(actor, work, key)


async def notices(app: App, request: ListNotices) -> NoticeList:
    """Show who was given which notice."""

    def work(view: View) -> NoticeList:
        rows, cursor = view.deliveries(request.limit, request.cursor)
        return NoticeList(notices=[present_delivery(row) for row in rows], next_cursor=cursor)

    return await app.store.read(work)


async def find_stale(app: App, request: FindStale) -> StaleJobs:
    """Name what does not get on by itself."""
    workflow = correlation.normalise_if_given(request.correlation_id)
    steady, wall = app.work.clock.now(), app.work.clock.wall()
    limit = request.limit

    def before(seconds: float, now: int = wall) -> int:
        return now - round(seconds * 1000)

    def work(view: View) -> StaleJobs:
        ids, _ = view.failed(workflow, (), limit, None)
        failed = [existing(view, each) for each in ids]
        overdue = view.overdue(before(request.overdue_seconds), workflow, limit)
        unclaimed = view.unclaimed(before(request.ready_seconds), workflow, limit)
        return StaleJobs(
            jobs=[
                *_silent(app, view, before(request.running_seconds, steady), workflow, limit),
                *stale.unclaimed(unclaimed),
                *stale.overdue(overdue),
                *stale.blocked(view.lost(workflow, limit)),
                *stale.failed(failed, before(request.failed_seconds)),
            ]
        )

    return await app.store.scan(work)


def _silent(app: App, view: View, before: int, workflow: str | None, limit: int) -> list[StaleJob]:
    held = view.lapsing(FOREVER_MS, ALL_HELD)
    found: list[StaleJob] = []
    for since, job_id in stale.silent(held, app.work.last_calls, before, app.work.clock.now()):
        job = existing(view, job_id)
        if workflow in (None, job.correlation_id):
            found.append(stale.silent_job(job, since))
        if len(found) == limit:
            break
    return found
