"""The queue in one look: what runs, what waits and for what, what failed."""

from collections.abc import Mapping, Sequence
from typing import Final

from djobs_daemon.app import App
from djobs_daemon.queue.overview import Paid, Waits, gathered, glance, lost_line, unexamined
from djobs_daemon.queue.present import milliseconds, moment
from djobs_daemon.queue.why import lost_text
from djobs_daemon.rpc.handlers.explain import why_waits
from djobs_daemon.store.interface import View
from djobs_daemon.store.overview_records import WaitingGroup
from djobs_daemon.store.records import JobFilter, JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_protocol.overview_messages import GetOverview, Overview, Waiting
from djobs_protocol.states import JobState

DAY_MS: Final = 86_400_000
LOOKED_AT_MAX: Final = 10_000
"""Waiting jobs; the rest are only counted."""
GROUPS_MAX: Final = 40
"""Whose first job is asked what it waits for."""
LOST_MAX: Final = 1_000
WAITING: Final = (JobState.PENDING, JobState.RETRY_SCHEDULED)

Used = Mapping[str, Sequence[UsageRow]]


async def overview(app: App, request: GetOverview) -> Overview:
    """Look at everything in one snapshot."""
    now = app.work.clock.wall()
    since = now - DAY_MS if request.since is None else milliseconds(request.since)
    used: Used = {} if app.dispatcher is None else await app.dispatcher.used_so_far()

    def work(view: View) -> Overview:
        counts = view.count_jobs(JobFilter())
        groups = view.waiting(LOOKED_AT_MAX, GROUPS_MAX)
        failed = view.failed_since(since, request.limit)
        return Overview(
            counts=dict(counts),
            running=[
                glance(job, _paid(view, job, used)) for job in view.running_jobs(request.limit)
            ],
            waiting=_waiting(app, view, groups, now),
            unexamined=unexamined(groups, sum(counts.get(state, 0) for state in WAITING)),
            since=moment(since),
            ended=dict(view.ended_since(since)),
            failed=[glance(job, _paid(view, job, used)) for job in failed],
        )

    return await app.store.scan(work)


def _waiting(app: App, view: View, groups: Sequence[WaitingGroup], now: int) -> list[Waiting]:
    found = [_asked(app, view, group, now) for group in groups]
    lost = view.lost(None, LOST_MAX)
    lines = gathered([each for each in found if each is not None], len(lost))
    if not lost:
        return lines
    first = lost[0]
    return [lost_line(len(lost), first.job.id, lost_text(first.needs, first.state)), *lines]


def _asked(app: App, view: View, group: WaitingGroup, now: int) -> Waits | None:
    job = view.job(group.job_id)
    if job is None:
        return None
    found = why_waits(app, view, job, now)
    return Waits(group, job.managed_by, found[0] if found else None)


def _paid(view: View, job: JobRow, used: Used) -> Paid:
    """Add up what ended attempts cost and what the one under way has cost so far."""
    before = view.usage_of(job)
    live = used.get(job.id, ())
    unpriced = any(each.unpriced for each in before) or any(
        each.usd_micros is None for each in live
    )
    paid = sum(each.usd_micros for each in before) + sum(each.usd_micros or 0 for each in live)
    tokens = sum(each.tokens_in + each.tokens_out for each in before)
    tokens += sum(each.tokens_in + each.tokens_out for each in live)
    return Paid(None if unpriced or not (before or live) else paid, tokens)
