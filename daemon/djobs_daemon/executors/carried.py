"""One job that the daemon runs, and the name of its run."""

from djobs_daemon.executors.metering import Meter
from djobs_daemon.store.records import JobRow
from djobs_local.identity import ProcessIdentity


class Carried:
    """One job that is being run."""

    def __init__(self, job: JobRow) -> None:
        self.job = job
        self.run_id = run_id_of(job.id, job.generation)
        self.stop_wanted = job.stop_requested_at is not None
        self.paused = job.paused_at is not None
        self.begun = False
        """A runner may have been let go."""
        self.runner: ProcessIdentity | None = None
        self.meter: Meter | None = None


def run_id_of(job_id: str, generation: int) -> str:
    """Return the name of the run that a claim began."""
    return f"{job_id}.{generation}"
