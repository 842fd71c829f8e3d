"""Where a page of open jobs goes on. Pure; whoever shows fewer jobs than it got can say so too."""

from djobs_daemon.queue.ids import number_of


def after_open_job(priority: int, number: int) -> str:
    """Return the cursor behind a job: pages are in order of priority, then of age."""
    return f"{priority}.{number}"


def after_shown_job(priority: int, job_id: str) -> str:
    """Return the cursor behind a job by its public id."""
    return after_open_job(priority, number_of(job_id))
