"""Whether a report that a job has ended may stand."""

from datetime import UTC, datetime
from typing import Final

from djobs_daemon.queue.texts import clip
from djobs_daemon.store.records import JobRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import MET_STATES, TERMINAL_STATES, JobState


def require_reportable(job: JobRow, session: str, generation: int | None = None) -> None:
    """Raise unless ``session`` may report the end of ``job``.

    A pending (or retry-scheduled) job may be reported by anyone: that is how an agent works that
    claims nothing. A running one only by its holder. An ended one by nobody: the first report
    stands, and the refusal names it.
    """
    if job.state in TERMINAL_STATES:
        raise DjobsError(
            ErrorCode.ALREADY_FINISHED,
            f"{job.id} already {ended_text(job.state)} at {moment_text(job.finished_at)}, "
            f"reported by {_who(job.finished_by, session)}{_words(job)}; that report stands.",
            state=str(job.state),
            finished_by=job.finished_by,
            hint=_DONE if job.state in MET_STATES else _NOT_DONE,
        )
    if job.state is JobState.RUNNING and job.managed_by == "executor" and session != EXECUTOR:
        raise DjobsError(
            ErrorCode.NOT_HOLDER,
            f"{job.id} is being run by djobs itself, which reports how it ends.",
            holder=job.holder_session,
            hint="Wait for it, or cancel it.",
        )
    if generation is not None and generation != job.generation:
        claims = "again since" if generation < job.generation else "less often"
        raise DjobsError(
            ErrorCode.STALE_GENERATION,
            f"{job.id} was claimed {claims}: generation {job.generation}, not {generation}.",
            generation=job.generation,
        )
    if job.state is JobState.RUNNING and generation is None and job.holder_session != session:
        raise held(job)


def held(job: JobRow) -> DjobsError:
    """Return the refusal that names the holder and when its lease ends."""
    return DjobsError(
        ErrorCode.NOT_HOLDER,
        f"{job.id} is being worked on by {job.holder_agent or 'session'} "
        f"{job.holder_session} until {moment_text(job.lease_expires_at)}.",
        holder=job.holder_session,
    )


EXECUTOR: Final = "executor"
"""The session that holds what the daemon runs: one and the same for every daemon of a database."""
WORDS_CHARS: Final = 160
"""Of the first report, in the refusal of a second."""
_DONE: Final = "Nothing to do; if the work has to be done again, enqueue a new task for it."
_NOT_DONE: Final = "To do it after all, enqueue it again and report on the new task."


def _words(job: JobRow) -> str:
    said = (job.evidence if job.state is JobState.SUCCEEDED else job.last_error) or ""
    if not said:
        return ""
    return f", saying {clip(said, WORDS_CHARS)!r}"


def ended_text(state: JobState) -> str:
    """Return what became of a job, after its name: "failed", "was cancelled"."""
    return str(state) if state in (JobState.SUCCEEDED, JobState.FAILED) else f"was {state}"


def _who(reporter: str | None, session: str) -> str:
    return "this session" if reporter == session else f"session {(reporter or 'unknown')[:12]}"


def moment_text(at: int | None) -> str:
    """Return a time as people read it."""
    if at is None:
        return "an unknown time"
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
