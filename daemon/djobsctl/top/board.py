"""What the daemon answers, as rows of the list. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from djobsctl.present.jobs import is_paused, session_name, what
from djobsctl.present.overview import running_notes
from djobsctl.top.model import Board, Row

ORDER: Final = {"running": 0, "failed": 1, "dead_lettered": 1, "retry_scheduled": 2, "pending": 3}
"""What a person looks for first; all that ended well comes last."""
LAST: Final = 4


def board_of(
    status: Mapping[str, Any],
    overview: Mapping[str, Any],
    jobs: Sequence[Mapping[str, Any]],
    agents: Sequence[Mapping[str, Any]],
    now: float,
) -> Board:
    """Return the board: each job once, those that run first, then what failed, then what waits."""
    listed = [_of_job(job, now) for job in jobs]
    seen = [
        _of_glance(each, now) for name in ("running", "failed") for each in overview.get(name, [])
    ]
    rows = {row.id: row for row in [*listed, *seen]}
    ordered = sorted(rows.values(), key=lambda row: ORDER.get(row.state, LAST))
    return Board(status, overview, tuple(agents), tuple(ordered))


def _of_glance(job: Mapping[str, Any], now: float) -> Row:
    runs = job["state"] == "running"
    notes = running_notes({**job, "lease_expires_at": None}, now)
    text = (
        job.get("what", "")
        if runs
        else ": ".join(filter(None, (job.get("what", ""), job.get("error", ""))))
    )
    return Row(
        id=job["id"],
        state=job["state"],
        type=job["type"],
        managed_by=job["managed_by"],
        since=job["since"],
        who=_who(job["managed_by"], str(job.get("holder") or "")) if runs else "",
        notes=", ".join(notes if runs else [each for each in notes if "attempt" not in each]),
        what=text,
        lease_expires_at=job.get("lease_expires_at") or "",
        paused=bool(job.get("paused")),
    )


def _of_job(job: Mapping[str, Any], now: float) -> Row:
    holder = job.get("holder") or {}
    return Row(
        id=job["id"],
        state=job["state"],
        type=job["type"],
        managed_by=job["managed_by"],
        since=job.get("finished_at") or job.get("started_at") or job["created_at"],
        who=_who(job["managed_by"], session_name(holder)) if holder else "",
        notes="paused" if is_paused(job) else "",
        what=what(job, now),
        lease_expires_at=holder.get("lease_expires_at") or "",
        paused=is_paused(job),
    )


def _who(managed_by: str, holder: str) -> str:
    return "djobs" if managed_by == "executor" else holder
