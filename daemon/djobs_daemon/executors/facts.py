"""Looking at a run's folder, and making and removing it. Blocking; by a thread."""

import os
import re
import shutil
import stat
from collections.abc import Mapping
from typing import Final

from djobs_agent.contract import TREE_FOLDER
from djobs_daemon.executors import results, standing, worktrees
from djobs_daemon.failpoints import failpoint
from djobs_local import folders, identity, run_folder
from djobs_local.locks import KernelLock, is_held
from djobs_local.records import read_record

RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
LEAVE_SECONDS: Final = 2.0
"""A runner that has written its result leaves at once."""


class RunBegun(Exception):
    """The run was begun before, or is in use: its order cannot be changed, nor its folder."""


def folder_of(root: str, run_id: str) -> str:
    """Return a run's folder; ``ValueError`` when the id is none."""
    if not RUN_ID.fullmatch(run_id):
        raise ValueError(f"{run_id!r} is no id of a run")
    return os.path.join(root, run_id)


def prepare(folder: str, order: bytes, files: Mapping[str, bytes]) -> None:
    """Make a run's folder, durably; again if nobody has begun.

    ``RunBegun``, or ``OSError`` when the disk refuses.
    """
    root = os.path.dirname(folder)
    if not os.path.isdir(root):
        folders.ensure_private_folder(root)
        run_folder.sync_folder(os.path.dirname(root))
    folders.ensure_private_folder(folder)
    if is_held(os.path.join(folder, run_folder.LOCK)) or _exists(folder, run_folder.STARTED):
        raise RunBegun(folder)
    for name in (run_folder.ALIVE, run_folder.CONTROL):
        _make_fifo(os.path.join(folder, name))
    for name, content in files.items():
        run_folder.write_durably(folder, name, content)
    run_folder.write_durably(folder, run_folder.ORDER, order)
    run_folder.sync_folder(root)
    failpoint("runs.prepared")


def _make_fifo(path: str) -> None:
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        if not stat.S_ISFIFO(os.lstat(path).st_mode):
            raise


def forget_order(folder: str) -> None:
    """Empty a run's order; the file stays, for without it there is no run."""
    try:
        os.truncate(os.path.join(folder, run_folder.ORDER), 0)
    except FileNotFoundError:
        return


def look(folder: str) -> standing.Standing:
    """Say where a run stands."""
    # First: what is read after a lock was seen free can change no more.
    locked = is_held(os.path.join(folder, run_folder.LOCK))
    started = _exists(folder, run_folder.STARTED)
    raw = _read(os.path.join(folder, run_folder.RESULT))
    return standing.reconcile(
        standing.Facts(
            order=_exists(folder, run_folder.ORDER),
            locked=locked,
            started=started,
            result=None if raw is None else results.decode(raw),
            result_written=raw is not None,
            paused=_exists(folder, run_folder.PAUSED),
        )
    )


def runner_lives(folder: str) -> bool:
    """Say whether a runner has the run's lock."""
    return is_held(os.path.join(folder, run_folder.LOCK))


def open_end(folder: str) -> int | None:
    """Return a descriptor that becomes readable when the runner ends; None when there is none."""
    try:
        alive = os.open(
            os.path.join(folder, run_folder.ALIVE),
            os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW,
        )
    except FileNotFoundError:
        return None
    # After opening: a runner that lives now will end the FIFO, one that is gone already cannot.
    if runner_lives(folder):
        return alive
    os.close(alive)
    return None


def runner_identity(folder: str) -> identity.ProcessIdentity | None:
    """Return the recorded runner; whether it lives is for ``identity.compare``."""
    return identity.ProcessIdentity.from_record(
        read_record(os.path.join(folder, run_folder.RUNNER))
    )


def remove(folder: str) -> None:
    """Remove a run and its log; ``RunBegun`` while a runner lives. Nothing when there is none."""
    try:
        lock = KernelLock.acquire(os.path.join(folder, run_folder.LOCK), LEAVE_SECONDS)
    except FileNotFoundError:
        return
    if lock is None:
        raise RunBegun(folder)
    with lock:
        _unlink(folder, run_folder.ORDER)  # first: half a run is none
        worktrees.forget(os.path.join(folder, TREE_FOLDER))
        shutil.rmtree(folder)
        run_folder.sync_folder(os.path.dirname(folder))


def run_ids(root: str) -> list[str]:
    """Return the ids of all runs that have a folder."""
    try:
        with os.scandir(root) as entries:
            return sorted(
                entry.name
                for entry in entries
                if RUN_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            )
    except FileNotFoundError:
        return []


def _exists(folder: str, name: str) -> bool:
    return os.path.lexists(os.path.join(folder, name))


def _unlink(folder: str, name: str) -> None:
    try:
        os.unlink(os.path.join(folder, name))
    except FileNotFoundError:
        return


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(run_folder.RESULT_BYTES_MAX)
    except FileNotFoundError:
        return None
