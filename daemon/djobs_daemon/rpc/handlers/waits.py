"""Waiting for the end of jobs."""

import anyio

from djobs_daemon.app import App
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import View
from djobs_protocol.job_replies import JobStanding, WaitedJobs
from djobs_protocol.job_requests import WaitForJobs
from djobs_protocol.states import TERMINAL_STATES


async def wait(app: App, request: WaitForJobs) -> WaitedJobs:
    """Return when the jobs have ended, or the time is up. Woken by their ends, by nothing else."""

    def work(view: View) -> WaitedJobs:
        jobs = [existing(view, job_id) for job_id in dict.fromkeys(request.job_ids)]
        ended = [job.state in TERMINAL_STATES for job in jobs]
        return WaitedJobs(
            jobs=[JobStanding(id=job.id, state=job.state) for job in jobs],
            done=any(ended) if request.any else all(ended),
        )

    standing = await app.store.read(work)
    if standing.done or not request.wait_seconds:
        return standing
    job_ids = [job.id for job in standing.jobs]
    with app.work.endings.waiting(job_ids) as ending, anyio.move_on_after(request.wait_seconds):
        while True:
            standing = await app.store.read(work)  # once more: they may have ended in between
            if standing.done:
                break
            with app.requests.resting():
                await ending.wait()
    return standing
