"""What an agent changed in its copy of a workspace: shown, and written into the workspace."""

from anyio import to_thread

from djobs_agent.contract import DIFF_FILE, Answer
from djobs_daemon.app import App
from djobs_daemon.confined_clients import require_unconfined
from djobs_daemon.executors import agent_changes
from djobs_daemon.executors.agent_ending import read_answer
from djobs_daemon.executors.carried import run_id_of
from djobs_daemon.executors.file_changes import CONFLICTS_NAMED
from djobs_daemon.rpc.handlers.jobs import existing
from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Actor, JobRow, RequestKey, encode_reply
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import AppliedChanges, ChangedFile
from djobs_protocol.job_requests import ApplyChanges
from djobs_protocol.states import EventKind, JobState


async def apply(app: App, actor: Actor, request: ApplyChanges, key: RequestKey | None) -> bytes:
    """Write what the last run of a job kept; a second time finds that it is there already."""
    job = await app.store.read(lambda view: existing(view, request.job_id))
    if request.action == "apply":
        await require_unconfined(app, actor, "Applying changes")
    folder, answer = await _kept(app, job)
    if request.action == "show":
        return encode_reply(_reply(job, folder, answer))
    act = agent_changes.check if request.action == "check" else _apply(folder)
    try:
        left = await to_thread.run_sync(act, job.workspace, answer.changes)
    except agent_changes.CannotApply as refusal:
        raise _conflict(job, refusal) from None
    if not left or request.action == "check":
        return encode_reply(_reply(job, folder, answer))
    note = f"applied to the workspace: {len(answer.changes)} files"

    def work(ledger: Ledger) -> AppliedChanges:
        known = ledger.job(job.id)
        if known is not None:  # it may have been purged just now
            ledger.mark(known, EventKind.AMENDED, note)
        return _reply(job, folder, answer, applied=True)

    return await app.store.write(actor, work, key)


def _apply(folder: str) -> agent_changes.Act:
    def act(workspace: str, changes: agent_changes.Changes) -> bool:
        return agent_changes.apply(workspace, folder, changes)

    return act


async def _kept(app: App, job: JobRow) -> tuple[str, Answer]:
    if app.dispatcher is None:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, "This daemon runs nothing.")
    if job.state is JobState.RUNNING:
        raise DjobsError(ErrorCode.ILLEGAL_TRANSITION, f"{job.id} is being worked on yet.")
    folder = app.dispatcher.runs.folder(run_id_of(job.id, job.generation))
    answer = await to_thread.run_sync(read_answer, folder)
    if answer is None:
        raise DjobsError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"{job.id} has no changes that are kept: only what an agent changed is, and only as "
            "long as its run's output (runs_bytes_max).",
        )
    return folder, answer


def _reply(job: JobRow, folder: str, answer: Answer, *, applied: bool = False) -> AppliedChanges:
    return AppliedChanges(
        id=job.id,
        workspace=job.workspace,
        files=[
            ChangedFile(path=each.path, change=each.kind, bytes=each.bytes)
            for each in answer.changes
        ],
        diff_path=f"{folder}/{DIFF_FILE}",
        applied=applied,
    )


def _conflict(job: JobRow, refusal: agent_changes.CannotApply) -> DjobsError:
    return DjobsError(
        ErrorCode.CONFLICT,
        f"What {job.id} changed cannot be applied, and nothing was: {refusal}",
        conflicts=list(refusal.conflicts[:CONFLICTS_NAMED]),
        hint=f"`djobsctl apply {job.id} --show | git apply -3` merges it by hand.",
    )
