"""Resume: what is unfinished here."""

from djobs_daemon.app import App
from djobs_daemon.queue import correlation
from djobs_daemon.queue.known import unless_known
from djobs_daemon.queue.present import blockers_of, moment_if_any, present_job
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import Actor, JobFilter
from djobs_protocol.reading_replies import ResumePage
from djobs_protocol.reading_requests import ResumeSession
from djobs_protocol.states import OPEN_STATES, JobState


async def resume(app: App, actor: Actor, request: ResumeSession) -> ResumePage:
    """Return a page of open jobs, most urgent and oldest first, with the totals."""
    chosen = correlation.choose(request.correlation_id, actor.workspace)

    def work(view: View) -> ResumePage:
        unfinished, since = view.unfinished_since(chosen)
        counts = view.count_jobs(JobFilter(correlation_id=chosen))
        rows, cursor = view.list_unfinished(chosen, request.limit, request.cursor)
        blockers = blockers_of(view, rows)
        page = ResumePage(
            correlation_id=chosen,
            unfinished=unfinished,
            counts={state: number for state, number in counts.items() if state in OPEN_STATES},
            blocked=view.count_blocked(chosen),
            failed=counts.get(JobState.FAILED, 0) + counts.get(JobState.DEAD_LETTERED, 0),
            since=moment_if_any(since),
            jobs=[present_job(row, blockers[row.id]) for row in rows],
            next_cursor=cursor,
        )
        return unless_known(page, request.known_hash)

    return await app.store.read(work)
