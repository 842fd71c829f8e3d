"""What running work printed."""

from dataclasses import replace

import anyio
from anyio import to_thread

from djobs_daemon.app import App
from djobs_daemon.executors.carried import run_id_of
from djobs_daemon.executors.run_log import LogPage
from djobs_daemon.executors.runs import Runs
from djobs_daemon.executors.variables import secrets_of, without_secrets
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import View
from djobs_daemon.store.records import FeedFilter, JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.reading_replies import LogChunk
from djobs_protocol.reading_requests import ReadLog
from djobs_protocol.states import TERMINAL_STATES, JobState

LOOK_AGAIN_SECONDS = 0.2
"""While somebody follows what runs: a fifth of R36's bound of ten looks in a second."""


async def read(app: App, request: ReadLog) -> LogChunk:
    """Return output from an offset on; wait for some as long as asked."""
    if app.dispatcher is None:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, "This daemon runs nothing.")
    chunk, newest = await _look(app, app.dispatcher.runs, request)
    if not request.wait_seconds:
        return chunk
    with anyio.move_on_after(request.wait_seconds):
        while not chunk.data and chunk.running:
            with app.requests.resting():
                await _until_news(app, chunk, newest)
            chunk, newest = await _look(app, app.dispatcher.runs, request)
    return chunk


async def _until_news(app: App, chunk: LogChunk, newest: int) -> None:
    """Return when there may be more. The ledger tells when a run begins; a file tells nobody."""
    with app.work.endings.waiting([chunk.id]) as ending:
        if not 0 < chunk.generation <= chunk.last_generation:
            await app.work.feed.beyond(newest)
        with anyio.move_on_after(LOOK_AGAIN_SECONDS):
            await ending.wait()


async def _look(app: App, runs: Runs, request: ReadLog) -> tuple[LogChunk, int]:
    """Return what there is, and how far the history went when the job was looked at."""

    def work(view: View) -> tuple[JobRow, int]:
        return existing(view, request.job_id), view.events_after(FeedFilter(), None, 1).offset

    job, newest = await app.store.read(work)
    if job.managed_by != "executor":
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"{job.id} is not run by djobs itself, so it has no log; its history says who did it.",
        )
    generation = job.generation if request.generation is None else request.generation
    page = LogPage(max(request.after, 0), b"", 0, 0)
    if generation:
        run_id = run_id_of(job.id, generation)
        page = await runs.read_log(run_id, request.after, request.limit_bytes)
        if job.env is not None:
            secrets = await to_thread.run_sync(secrets_of, job, app.settings.home)
            page = replace(page, data=without_secrets(page.data, secrets))
    chunk = LogChunk(
        id=job.id,
        generation=generation,
        data=page.data,
        offset=page.offset,
        next_offset=page.next_offset,
        end=page.end,
        missing_bytes=page.missing,
        running=_may_print(job, generation),
        last_generation=job.generation,
        ended=job.state in TERMINAL_STATES,
    )
    return chunk, newest


def _may_print(job: JobRow, generation: int) -> bool:
    """Say whether the attempt may print yet, or has not begun."""
    if job.state in TERMINAL_STATES or generation < job.generation:
        return False
    return generation > job.generation or generation == 0 or job.state is JobState.RUNNING
