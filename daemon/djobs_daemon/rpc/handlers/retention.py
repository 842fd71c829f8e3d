"""What is over: put it into the archive, or remove it for good."""

from djobs_daemon.app import App
from djobs_daemon.queue import correlation
from djobs_daemon.queue.retention import ended_states, lets_go, purge_policy
from djobs_daemon.queue.texts import bounded_if_given
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger, Store
from djobs_daemon.store.records import Actor, RequestKey, encode_reply
from djobs_daemon.store.upkeep_records import PurgePage, PurgePolicy
from djobs_protocol.limits import BATCH_JOBS_MAX, PURGE_JOBS_MAX
from djobs_protocol.queue_replies import ArchivedJobs, PurgedJobs
from djobs_protocol.queue_requests import ArchiveWorkflow, PurgeJobs, UnarchiveWorkflow
from djobs_protocol.states import EventKind

BY_POLICY = "removed by policy"


async def archive(
    app: App, actor: Actor, request: ArchiveWorkflow, key: RequestKey | None
) -> bytes:
    """Leave the ended jobs of a workflow out of lists and counts."""
    chosen = correlation.choose(request.correlation_id, actor.workspace)
    states = ended_states(request.states)
    reason = bounded_if_given("reason", request.reason)

    def work(ledger: Ledger) -> ArchivedJobs:
        found = ledger.ended_jobs(chosen, states, BATCH_JOBS_MAX + 1)
        for job_id in found[:BATCH_JOBS_MAX]:
            job = existing(ledger, job_id)
            ledger.mark(job, EventKind.ARCHIVED, reason, archived_at=ledger.now)
        return _archived(ledger, chosen, len(found))

    return await app.store.write(actor, work, key)


async def unarchive(
    app: App, actor: Actor, request: UnarchiveWorkflow, key: RequestKey | None
) -> bytes:
    """Bring the archived jobs of a workflow back."""
    chosen = correlation.choose(request.correlation_id, actor.workspace)
    reason = bounded_if_given("reason", request.reason)

    def work(ledger: Ledger) -> ArchivedJobs:
        found = ledger.archived_jobs(chosen, BATCH_JOBS_MAX + 1)
        for job_id in found[:BATCH_JOBS_MAX]:
            ledger.mark(existing(ledger, job_id), EventKind.UNARCHIVED, reason, archived_at=None)
        return _archived(ledger, chosen, len(found))

    return await app.store.write(actor, work, key)


def _archived(ledger: Ledger, workflow: str, found: int) -> ArchivedJobs:
    return ArchivedJobs(
        correlation_id=workflow,
        jobs=min(found, BATCH_JOBS_MAX),
        unfinished=ledger.count_unfinished(workflow),
        more=found > BATCH_JOBS_MAX,
    )


async def purge(app: App, actor: Actor, request: PurgeJobs, key: RequestKey | None) -> bytes:
    """Remove ended jobs, or say which would be.

    They are looked for beside the writer, for that may take long; each is looked at again by it.
    """
    workflow = correlation.normalise_if_given(request.correlation_id)
    note = bounded_if_given("reason", request.reason) or BY_POLICY
    policy = purge_policy(request, workflow, app.work.clock.wall())
    page = await app.store.scan(lambda view: view.to_purge(policy, PURGE_JOBS_MAX, request.cursor))
    if request.dry_run:
        reply = PurgedJobs(dry_run=True, ids=page.free, left=page.needed, next_cursor=page.cursor)
        return encode_reply(reply)
    answer = await remove(app.store, actor, policy, page, note, key)
    if page.free and app.dispatcher is not None:
        await app.dispatcher.tidy(app.settings.runs_bytes_max)  # what they printed goes with them
    return answer


async def remove(
    store: Store,
    actor: Actor,
    policy: PurgePolicy,
    page: PurgePage,
    note: str,
    key: RequestKey | None = None,
) -> bytes:
    """Remove the jobs of a page that the policy still lets go and nobody needs."""

    def work(ledger: Ledger) -> PurgedJobs:
        gone: list[str] = []
        left = [*page.needed]
        for job_id in page.free:
            job = ledger.job(job_id)
            if job is None or not lets_go(policy, job):
                continue  # somebody was faster
            (gone if ledger.purge(job, note) else left).append(job_id)
        return PurgedJobs(dry_run=False, ids=gone, left=left, next_cursor=page.cursor)

    return await store.write(actor, work, key)
