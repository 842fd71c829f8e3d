"""Jobs: record, report, look."""

from collections.abc import Sequence
from typing import Any

from djobs_daemon.app import App
from djobs_daemon.confined_clients import inherited_by
from djobs_daemon.queue import correlation, finish
from djobs_daemon.queue.batch import drafts_of
from djobs_daemon.queue.enqueue import Existing, Planned, Repeats, ids_needed, plan
from djobs_daemon.queue.inheritance import stored
from djobs_daemon.queue.keys import key_of
from djobs_daemon.queue.present import (
    blockers_of,
    moment,
    present_event,
    present_job,
    receipt_of,
)
from djobs_daemon.queue.redaction_report import marks_added
from djobs_daemon.queue.retry import after_failure, delay_ms, policy_of
from djobs_daemon.queue.texts import bounded, bounded_if_given
from djobs_daemon.queue.types import completed
from djobs_daemon.rpc.handlers import evidence as checked
from djobs_daemon.rpc.handlers import keys
from djobs_daemon.rpc.handlers.executable import (
    require_checkable,
    require_executable,
    require_given,
)
from djobs_daemon.store.interface import Ledger, View
from djobs_daemon.store.records import Actor, Done, JobDraft, JobFilter, JobRow, RequestKey
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import EnqueuedJob, EnqueuedJobs, FinishedJob
from djobs_protocol.job_requests import CompleteJob, EnqueueJobs, FailJob
from djobs_protocol.reading_replies import JobDetail, JobPage
from djobs_protocol.reading_requests import GetJob, ListJobs
from djobs_protocol.states import EventKind, JobState


async def enqueue(app: App, actor: Actor, request: EnqueueJobs, key: RequestKey | None) -> bytes:
    """Store a batch, all or none."""
    chosen = correlation.choose(request.correlation_id, actor.workspace)
    confined = stored(await inherited_by(app, actor))
    drafts = drafts_of(request.jobs, chosen, actor.workspace, actor.depth, confined)
    redacted = sum(
        marks_added(job.payload, kept.payload)
        for job, kept in zip(request.jobs, drafts, strict=True)
    )

    wanted = [key for key in map(key_of, drafts) if key is not None]
    parents = ids_needed(drafts)

    def work(ledger: Ledger) -> EnqueuedJobs:
        types = ledger.type_defaults()
        whole = completed(drafts, request.jobs, types) if types else drafts
        for each in whole:
            require_executable(app, each.managed_by, each.type, each.payload, redacted)
            require_checkable(app, each.type, each.verify)
            require_given(app, each)
        planned = plan(
            whole,
            keys.owners(ledger, wanted, actor.workspace) if wanted else {},
            ledger.states_of(parents) if parents else {},
        )
        inserted = ledger.insert_jobs([each for each in planned if isinstance(each, JobDraft)])
        answers = _answers(planned, inserted, chosen)
        return EnqueuedJobs(correlation_id=chosen, jobs=answers, redacted=redacted)

    return await app.store.write(actor, work, key)


def _answers(planned: Sequence[Planned], stored: Sequence[JobRow], asked: str) -> list[EnqueuedJob]:
    rows = iter(stored)
    answers: list[EnqueuedJob] = []
    for each in planned:
        match each:
            case Existing(job):
                elsewhere = None if job.correlation_id == asked else job.correlation_id
                answers.append(
                    EnqueuedJob(id=job.id, state=job.state, existing=True, correlation_id=elsewhere)
                )
            case Repeats(position):
                first = answers[position]
                answers.append(EnqueuedJob(id=first.id, state=first.state))
            case JobDraft():
                row = next(rows)
                answers.append(EnqueuedJob(id=row.id, state=row.state))
    return answers


async def complete(app: App, actor: Actor, request: CompleteJob, key: RequestKey | None) -> bytes:
    """Record success, with what the doer says it changed; where there are checks, after them."""
    evidence = bounded_if_given("evidence", request.evidence)
    offered: JobRow | None = None

    def work(ledger: Ledger) -> FinishedJob | Done:
        nonlocal offered
        offered = None
        job = existing(ledger, request.job_id)
        if job.verify is not None:
            offered = checked.offered(app, ledger, job, request, evidence, key)
            return Done()
        finish.require_reportable(job, ledger.actor.session, request.generation)
        unmet = ledger.unmet_dependencies([job.id]).get(job.id, ()) if job.blockers else ()
        job = ledger.move(job, EventKind.SUCCEEDED, evidence, evidence=evidence)
        redacted = marks_added(request.evidence or "", evidence or "")
        return _finished(ledger, job, redacted, unmet)

    answer = await app.store.write(actor, work, key)
    return answer if offered is None else await checked.answer(app, actor, offered, key)


async def fail(app: App, actor: Actor, request: FailJob, key: RequestKey | None) -> bytes:
    """Record failure; by its policy the job is tried again later, or stays visible."""
    error = bounded("error", request.error)

    def work(ledger: Ledger) -> FinishedJob:
        job = existing(ledger, request.job_id)
        finish.require_reportable(job, ledger.actor.session, request.generation)
        event = after_failure(job, may_retry=request.retry)
        changes: dict[str, Any] = {"last_error": error}
        if event is EventKind.RETRY_SCHEDULED:
            pause = delay_ms(policy_of(job), job.attempt, app.work.chance())
            changes |= {"run_at": ledger.now + pause}
        job = ledger.move(job, event, error, **changes)
        return _finished(ledger, job, marks_added(request.error, error))

    return await app.store.write(actor, work, key)


async def get(app: App, request: GetJob) -> JobDetail:
    """Show one job with its history."""

    def work(view: View) -> JobDetail:
        row = existing(view, request.job_id)
        events, total = view.events_of(row.id, request.events_limit)
        blockers = blockers_of(view, [row])
        return JobDetail(
            job=present_job(row, blockers[row.id]),
            depends_on=list(view.dependencies(row.id)),
            events=[present_event(event) for event in events],
            events_total=total,
            schedule=view.schedule_of(row.id),
            receipt=receipt_of(view, row),
        )

    return await app.store.read(work)


async def list_jobs(app: App, request: ListJobs) -> JobPage:
    """Show a page of jobs."""
    which = JobFilter(
        correlation_id=correlation.normalise_if_given(request.correlation_id),
        states=tuple(request.states),
        archived=request.archived,
    )

    def work(view: View) -> JobPage:
        rows, cursor = view.list_jobs(which, request.limit, request.cursor)
        blockers = blockers_of(view, rows)
        jobs = [present_job(row, blockers[row.id]) for row in rows]
        return JobPage(jobs=jobs, next_cursor=cursor)

    # One workflow's jobs are found by index, those in a state of all workflows by looking through.
    look = app.store.scan if which.correlation_id is None else app.store.read
    return await look(work)


def existing(view: View, job_id: str) -> JobRow:
    """Return the job with that id, or raise ``JOB_NOT_FOUND`` or ``JOB_GONE``."""
    job = view.job(job_id)
    if job is not None:
        return job
    if view.was_removed(job_id):
        raise DjobsError(ErrorCode.JOB_GONE, f"{job_id} existed and was removed.", job_id=job_id)
    raise DjobsError(ErrorCode.JOB_NOT_FOUND, f"No task has the id {job_id!r}.", job_id=job_id)


def _finished(ledger: Ledger, job: JobRow, redacted: int, unmet: Sequence[str] = ()) -> FinishedJob:
    again = job.state is JobState.RETRY_SCHEDULED
    return FinishedJob(
        id=job.id,
        state=job.state,
        correlation_id=job.correlation_id,
        unfinished=ledger.count_unfinished(job.correlation_id),
        retry_at=moment(job.run_at) if again else None,
        attempts_left=job.max_attempts - job.attempt if again else None,
        unmet_dependencies=list(unmet),
        redacted=redacted,
    )
