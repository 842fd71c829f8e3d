"""Schedules whose time has come: their jobs and their next time, in one transaction."""

from typing import Any, Final, NamedTuple

import msgspec

from djobs_daemon.queue.schedules import due, making, put_right
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.schedule_records import ScheduleRow, Turn
from djobs_protocol.errors import DjobsError
from djobs_protocol.states import JobState

AT_ONCE: Final = 16
"""Schedules that fire in one transaction: each may have many runs to make up."""


class Remark(NamedTuple):
    """What is to be logged once it is committed."""

    text: str
    about: dict[str, Any]


def fire(ledger: Ledger, now: int) -> list[Remark]:
    """Make the jobs of schedules that are due at ``now``, by the wall clock."""
    remarks: list[Remark] = []
    for row in ledger.due_schedules(now, AT_ONCE):
        try:
            what = due(row, now)
            made = making(row, what, _state_of_last(ledger, row), ledger.type_defaults())
        except (DjobsError, msgspec.DecodeError) as error:
            remarks.append(_give_up(ledger, row, error))
            continue
        if made.drafts:
            ledger.insert_jobs(made.drafts)
        elif what.runs:
            remarks.append(_remark("A run was left out: the job before it is still open.", row))
        if what.left_out:
            remarks.append(_remark("Missed runs were left out, all but the newest.", row))
        ledger.turn_schedule(row.seq, Turn(what.next_at, made.last_at, None))
    return remarks


def put_all_right(ledger: Ledger, now: int) -> list[Remark]:
    """Give schedules a next time that have none, or one from a clock that was ahead."""
    remarks: list[Remark] = []
    for row in ledger.schedules():
        try:
            next_at = put_right(row, now)
        except DjobsError as error:
            remarks.append(_give_up(ledger, row, error))
            continue
        if next_at is not None:
            ledger.turn_schedule(row.seq, Turn(next_at, row.last_at, None))
            remarks.append(_remark("A schedule was put right by the clock.", row))
    return remarks


def _give_up(ledger: Ledger, row: ScheduleRow, error: Exception) -> Remark:
    """Let a schedule rest that cannot be read: the others go on. The next start tries again."""
    ledger.turn_schedule(row.seq, Turn(None, row.last_at, None))
    return _remark("A schedule cannot fire.", row, reason=str(error))


def _state_of_last(ledger: Ledger, row: ScheduleRow) -> JobState | None:
    job = None if row.last_job is None else ledger.job(row.last_job)
    return None if job is None else job.state


def _remark(text: str, row: ScheduleRow, **about: Any) -> Remark:
    return Remark(text, {"schedule": row.name, "workspace": row.workspace, **about})
