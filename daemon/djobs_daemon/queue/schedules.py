"""Schedules: what their jobs are made from, which runs are due, and when they fire next. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from djobs_daemon.queue.batch import drafts_of
from djobs_daemon.queue.cron import newest, next_after
from djobs_daemon.queue.present import moment, moment_if_any
from djobs_daemon.queue.redaction import holds_secret
from djobs_daemon.queue.types import completed
from djobs_daemon.queue.zones import zone_of
from djobs_daemon.store.records import JobDraft
from djobs_daemon.store.schedule_records import ScheduleDraft, ScheduleRow
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.states import OPEN_STATES, JobState
from djobs_protocol.values import Defaults, Missed, NewJob, Overlap, Schedule

GRACE_MS: Final = 120_000
"""A run that comes later is a missed one. The wall clock may not be looked at for a minute."""
MADE_UP_MAX: Final = 100
"""Missed runs that are made up at once, the newest."""
SET_BACK_MS: Final = 3 * 3_600_000
"""A time of a schedule that lies further beyond its next is from a clock that was ahead. Less is
waited out, or the runs in between would come twice."""

_POINTLESS: Final = {
    "idempotency_key": "each run makes a job of its own; overlap says if that may be a second one",
    "depends_on": "a job that is made later knows no other",
    "graph_key": "it names a job among others of one request",
    "run_at": "the cron expression says when",
    "delay_seconds": "the cron expression says when",
}


class Template(msgspec.Struct, frozen=True):
    """What the jobs of a schedule are made from."""

    correlation_id: str
    job: NewJob


class Due(NamedTuple):
    """What a schedule has to do now."""

    runs: list[int]
    """The times whose jobs are to be made, oldest first."""
    left_out: bool
    """Even more were missed than are made up."""
    next_at: int | None


class Making(NamedTuple):
    """The jobs of a schedule that is due."""

    drafts: list[JobDraft]
    last_at: int | None


def require_name(name: str) -> None:
    """Raise ``INVALID_PARAMS`` for a name that holds a secret: it is stored as it is."""
    if holds_secret(name):
        raise _wrong("name holds what looks like a secret; expected a name without it.")


def template_of(job: NewJob, correlation_id: str, workspace: str) -> Template:
    """Return what a schedule keeps of a job; raise ``INVALID_PARAMS`` or ``TOO_LARGE``.

    A secret in the payload is replaced now, as an enqueue would.
    """
    for name, reason in _POINTLESS.items():
        if getattr(job, name):
            raise _wrong(f"{name} makes no sense in a schedule: {reason}.")
    (draft,) = drafts_of([job], correlation_id, workspace)
    redacted = replace(job, payload=msgspec.json.decode(draft.payload))
    return Template(correlation_id, redacted)


def stored(template: Template) -> str:
    """Return a template as it is stored."""
    return msgspec.json.encode(template).decode()


def template_in(row: ScheduleRow) -> Template:
    """Return the template of a stored schedule."""
    return _decode(row.template)


def overlap_of(asked: Overlap | None, missed: Missed) -> Overlap:
    """Return the overlap policy that is meant; raise if it contradicts the other one."""
    if missed == "all" and asked == "skip":
        raise _wrong(
            "missed 'all' makes up each run at once, and overlap 'skip' would leave out all but "
            "the first; expected one of the two."
        )
    return asked or ("allow" if missed == "all" else "skip")


def first_time(cron: str, zone: str, now: int) -> int:
    """Return when a new schedule fires first; raise ``INVALID_PARAMS`` if it never does."""
    found = next_after(cron, zone, now)
    if found is None:
        raise _wrong(f"cron {cron!r} never comes; there is no such day.")
    return found


def placed(
    draft: ScheduleDraft, old: ScheduleRow | None, now: int, paused: bool | None
) -> ScheduleDraft:
    """Return a schedule as it takes the place of another of its name.

    If both mean the same times, one that has come and was not seen to yet is not lost.
    """
    before = None if old is None else old.paused_at
    if paused or (paused is None and before is not None):
        return replace(draft, next_at=None, paused_at=before or now)
    if old is not None and (old.cron, old.zone) == (draft.cron, draft.zone) and old.next_at:
        return replace(draft, next_at=old.next_at)
    return draft


def due(row: ScheduleRow, now: int) -> Due:
    """Return which runs a schedule whose time has come makes up for, and when it fires next.

    Raises ``INVALID_PARAMS`` when its zone is not there any more.
    """
    assert row.next_at is not None
    following = next_after(row.cron, row.zone, now)
    match row.missed:
        case "skip":
            return Due(_runs(row, now - GRACE_MS, now, MADE_UP_MAX), False, following)
        case "once":
            return Due(_runs(row, row.next_at, now, 1), False, following)
        case "all":
            runs = _runs(row, row.next_at, now, MADE_UP_MAX + 1)
            return Due(runs[-MADE_UP_MAX:], len(runs) > MADE_UP_MAX, following)


def _runs(row: ScheduleRow, since: int, now: int, count: int) -> list[int]:
    """Return the newest runs of a span; the time that was stored and told is always one of them."""
    assert row.next_at is not None
    first = [row.next_at] if row.next_at >= since else []
    later = newest(row.cron, row.zone, max(since, row.next_at + 1), now, count)
    return [*first, *later][-count:]


def making(
    row: ScheduleRow, what: Due, last_state: JobState | None, types: Mapping[str, Defaults]
) -> Making:
    """Return the jobs that a schedule makes now; ``last_state`` is that of its newest job."""
    if row.overlap == "skip" and (last_state in OPEN_STATES or not what.runs):
        return Making([], row.last_at)
    runs = what.runs[-1:] if row.overlap == "skip" else what.runs
    template = template_in(row)
    drafts = drafts_of([template.job], template.correlation_id, row.workspace)
    (draft,) = completed(drafts, [template.job], types) if types else drafts
    made = [replace(draft, schedule=row.seq, note=_note(row, run)) for run in runs]
    return Making(made, runs[-1] if runs else row.last_at)


def put_right(row: ScheduleRow, now: int) -> int | None:
    """Return when a schedule fires next that waits for a wrong time, or none; None if it is fine.

    Raises ``INVALID_PARAMS`` when its zone is not there.
    """
    if row.paused_at is not None:
        return None
    expected = next_after(row.cron, row.zone, now)
    is_wrong = row.next_at is None or (
        expected is not None and row.next_at > expected + SET_BACK_MS
    )
    return expected if is_wrong else None


def present_schedule(row: ScheduleRow) -> Schedule:
    """Return the public form of a schedule."""
    template = template_in(row)
    return Schedule(
        name=row.name,
        workspace=row.workspace,
        cron=row.cron,
        zone=row.zone,
        missed=row.missed,
        overlap=row.overlap,
        correlation_id=template.correlation_id,
        job=template.job,
        next_at=moment_if_any(row.next_at),
        last_at=moment_if_any(row.last_at),
        last_job=row.last_job,
        paused_at=moment_if_any(row.paused_at),
        created_at=moment(row.created_at),
    )


def find(rows: Sequence[ScheduleRow], name: str, workspace: str) -> ScheduleRow | None:
    """Return the schedule of a workspace that has a name."""
    return next((row for row in rows if (row.name, row.workspace) == (name, workspace)), None)


def named(rows: Sequence[ScheduleRow], name: str, workspace: str) -> ScheduleRow:
    """Return the schedule that is meant: of the workspace, or without one the only of that name."""
    same = [row for row in rows if row.name == name]
    here = [row for row in same if row.workspace == workspace] if workspace else same
    if len(here) == 1:
        return here[0]
    if here:
        places = ", ".join(row.workspace for row in here)
        raise _wrong(f"Several workspaces have a schedule {name!r}; name one of {places}.")
    elsewhere = f" There is one in {same[0].workspace}." if same else ""
    raise DjobsError(
        ErrorCode.CONFLICT,
        f"There is no schedule {name!r}{f' in {workspace}' if workspace else ''}.{elsewhere}",
        hint="`djobsctl schedule list`, or the tool list_schedules, names those there are.",
    )


def _note(row: ScheduleRow, run: int) -> str:
    at = datetime.fromtimestamp(run / 1000, zone_of(row.zone)).isoformat(" ", "minutes")
    return f"schedule {row.name}, {at}"


def _wrong(message: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message)


_decode: Final = msgspec.json.Decoder(Template).decode
