"""The shell executor: one command of the workspace, by its arguments and not through a shell."""

import os
from typing import Any, Final

import msgspec

from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.kinds import Prepared, Refused, Surroundings
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.settling import settle
from djobs_daemon.queue.command_line import NotPlain, words_of
from djobs_daemon.store.records import JobRow

SHELL: Final = "/bin/sh"


class ShellTask(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The payload of a ``shell`` job."""

    spec: str | list[str]
    """The command: a list of arguments, or a line that is split into them as a shell would."""
    cwd: str = "."
    """A folder of the workspace, relative to it."""


class ShellExecutor:
    """Runs ``spec`` in the job's workspace. A shell reads it only where that is allowed."""

    def __init__(self, *, allow_shell: bool = False) -> None:
        self._allow_shell = allow_shell

    def check(self, payload: Any) -> None:
        """Raise ``Refused`` for a payload that is no command."""
        self._argv(_task(payload))

    def prepare(self, job: JobRow, around: Surroundings, folder: str) -> Prepared:
        """Return the command, in a folder that lies inside the workspace."""
        del folder
        task = _task(msgspec.json.decode(job.payload))
        order = Order(
            argv=self._argv(task),
            cwd=folder_inside(job.workspace, task.cwd),
            env=environment_of(job, around),
            max_duration_ms=job.max_duration_ms,
            kill_leftovers=True,
        )
        return Prepared(order)

    def end(self, ending: Ending) -> Settlement:
        """Go by the exit code."""
        return settle(ending)

    def _argv(self, task: ShellTask) -> tuple[str, ...]:
        if isinstance(task.spec, list):
            if not task.spec or not task.spec[0]:
                raise Refused("spec is empty; expected a program and its arguments.")
            return tuple(task.spec)
        if self._allow_shell:
            return (SHELL, "-c", task.spec)
        try:
            return words_of(task.spec)
        except NotPlain as reason:
            if not task.spec.strip():
                raise Refused("spec is empty; expected a program and its arguments.") from None
            raise Refused(
                f"spec {reason}, and a task of this type does not go through a shell; expected one "
                "program with its arguments, as a line or a list, or several tasks."
            ) from None


def _task(payload: Any) -> ShellTask:
    try:
        return msgspec.convert(payload, ShellTask)
    except msgspec.ValidationError as error:
        raise Refused(f"The payload is no command: {error}.") from None


def folder_inside(workspace: str, relative: str) -> str:
    """Return a folder of a workspace, every link resolved; raise ``Refused`` if it is outside."""
    root = os.path.realpath(workspace)
    if not os.path.isabs(workspace) or not os.path.isdir(root):
        raise Refused(
            f"The workspace {workspace!r} is no folder of this machine; submit the task from one."
        )
    folder = os.path.realpath(os.path.join(root, relative))
    if os.path.commonpath((root, folder)) != root:
        raise Refused(f"cwd {relative!r} leads out of the workspace {workspace}.")
    if not os.path.isdir(folder):
        raise Refused(f"cwd {relative!r} is no folder of the workspace {workspace}.")
    return folder


def environment_of(job: JobRow, around: Surroundings) -> dict[str, str]:
    """Return a command's variables: the daemon's few, and which job it is of (R53)."""
    own = {name: value for name, value in around.environ.items() if not name.startswith("DJOBS_")}
    depth = int(around.environ.get("DJOBS_DEPTH", "0")) + 1
    return own | {
        "DJOBS_JOB": job.id,
        "DJOBS_INSTANCE": around.instance,
        "DJOBS_DEPTH": str(depth),
    }
