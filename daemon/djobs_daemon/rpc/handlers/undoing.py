"""What the daemon wrote into a workspace for a job: shown, and taken back."""

from functools import partial
from typing import Final

from anyio import to_thread

from djobs_daemon.app import App
from djobs_daemon.confined_clients import require_unconfined
from djobs_daemon.executors import taking_back
from djobs_daemon.executors.file_changes import CONFLICTS_NAMED, CannotApply
from djobs_daemon.executors.keeping import job_and_generation
from djobs_daemon.executors.kept_writes import note_taken_back
from djobs_daemon.executors.taking_back import TakenBack
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, JobRow, RequestKey, encode_reply
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import RestoredFile, UndoneChanges
from djobs_protocol.job_requests import UndoChanges
from djobs_protocol.states import EventKind, JobState

EVENTS_LOOKED_THROUGH: Final = 1000


async def undo(app: App, actor: Actor, request: UndoChanges, key: RequestKey | None) -> bytes:
    """Take back what runs of a job wrote; a second time finds that it is as before already."""
    job = await app.store.read(lambda view: existing(view, request.job_id))
    if request.action == "undo":
        await require_unconfined(app, actor, "Taking files back")
    folders = await _run_folders(app, job)
    if request.action == "undo":
        act = taking_back.take_back
    else:
        act = partial(taking_back.look, refuse=request.action == "check")
    try:
        found = await to_thread.run_sync(act, job.workspace, folders)
    except CannotApply as refusal:
        raise _conflict(job, refusal) from None
    if not found.writings and not found.earlier:
        raise _nothing_kept(job)
    if request.action != "undo":
        return encode_reply(_reply(job, found))
    answer = await _noted(app, actor, job, found, key)
    await to_thread.run_sync(note_taken_back, found.writings)
    return answer


async def _noted(
    app: App, actor: Actor, job: JobRow, found: TakenBack, key: RequestKey | None
) -> bytes:
    """Note in the history that it was taken back; once, whoever asks how often."""
    if not found.done:
        return encode_reply(_reply(job, found))
    note = f"taken back in the workspace: {len(found.plan.changes)} files ({found.name})"

    def work(ledger: Ledger) -> UndoneChanges:
        known = ledger.job(job.id)
        if known is not None:  # it may have been purged just now
            events, _ = ledger.events_of(job.id, EVENTS_LOOKED_THROUGH)
            if not any(each.note == note for each in events):
                ledger.mark(known, EventKind.AMENDED, note)
        return _reply(job, found)

    return await app.store.write(actor, work, key)


async def _run_folders(app: App, job: JobRow) -> list[str]:
    """Return the folders of a job's runs, the oldest first."""
    if app.dispatcher is None:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, "This daemon runs nothing.")
    if job.state is JobState.RUNNING:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{job.id} is being worked on yet.")
    runs = app.dispatcher.runs
    own = [each for each in await runs.run_ids() if each.partition(".")[0] == job.id]
    return [runs.folder(each) for each in sorted(own, key=job_and_generation)]


def _nothing_kept(job: JobRow) -> DjobsError:
    return DjobsError(
        ErrorCode.ILLEGAL_TRANSITION,
        f"Nothing that {job.id} wrote can be taken back: only files that a model wrote are, and "
        "changes of an agent that djobs applied, while the run's output is kept (runs_bytes_max).",
    )


def _reply(job: JobRow, found: TakenBack) -> UndoneChanges:
    files = [
        RestoredFile(
            path=change.path,
            change="removed" if change.kind == "deleted" else "restored",
            kept_path=kept or None,
        )
        for change, kept in zip(found.plan.changes, found.plan.kept, strict=True)
    ]
    return UndoneChanges(id=job.id, workspace=job.workspace, files=files, undone=found.done)


def _conflict(job: JobRow, refusal: CannotApply) -> DjobsError:
    return DjobsError(
        ErrorCode.CONFLICT,
        f"What {job.id} wrote cannot be taken back, and nothing was: {refusal}",
        conflicts=list(refusal.conflicts[:CONFLICTS_NAMED]),
        hint=f"`djobsctl undo {job.id} --show` prints what would come back.",
    )
