"""What the queue holds, and what its work cost."""

from djobs_daemon.app import App
from djobs_daemon.queue.correlation import normalise_if_given
from djobs_daemon.queue.present import milliseconds
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import JobFilter
from djobs_daemon.store.usage_records import MICROS_PER_USD, UsageSum
from djobs_protocol.reading_replies import ModelUsage, Stats
from djobs_protocol.reading_requests import GetStats


async def stats(app: App, request: GetStats) -> Stats:
    """Count jobs, and add up what was paid."""
    since = 0 if request.since is None else milliseconds(request.since)
    workflow = normalise_if_given(request.correlation_id)
    workspace = normalise_if_given(request.workspace)

    def work(view: View) -> Stats:
        sums = view.usage_since(since, workspace)
        return Stats(
            counts=dict(view.count_jobs(JobFilter(workflow))),
            usage=[present_usage(each) for each in sums],
            cost_usd=sum(each.usd_micros for each in sums) / MICROS_PER_USD,
            unpriced=any(each.unpriced for each in sums),
        )

    return await app.store.scan(work)


def present_usage(row: UsageSum) -> ModelUsage:
    """Return the public form of what a model was paid for."""
    return ModelUsage(
        provider=row.provider,
        model=row.model,
        jobs=row.jobs,
        input_tokens=row.tokens_in,
        output_tokens=row.tokens_out,
        cached_tokens=row.tokens_cached,
        cost_usd=None if row.unpriced else row.usd_micros / MICROS_PER_USD,
    )
