"""The shell executor: one command of the workspace, by its arguments and not through a shell."""

import os
from typing import Any, Final

import msgspec

from djobs_daemon.executors.confined_runs import ENTERED_FILE, files_of, with_sandbox
from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.inheriting import narrowed, passed_on
from djobs_daemon.executors.kinds import Prepared, Refused, Surroundings, read_payload
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.process_limits import with_limit
from djobs_daemon.executors.program_paths import resolver
from djobs_daemon.executors.sandbox import confining as sandbox
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.settling import settle
from djobs_daemon.executors.shell_policy import Sandboxes, ShellPolicy
from djobs_daemon.executors.variables import VariableRules, own_variables
from djobs_daemon.queue.command_line import NotPlain, words_of
from djobs_daemon.queue.inheritance import Inherited
from djobs_daemon.queue.job_environment import Identity, environment
from djobs_daemon.queue.shell_rules import check_command, check_line
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

    def __init__(self, policy: ShellPolicy, sandboxes: Sandboxes) -> None:
        self._policy = policy
        self._sandboxes = sandboxes
        self._allow_shell = policy.rules.allow_shell

    @property
    def variables(self) -> VariableRules:
        """Return which variables its jobs may bring along."""
        return self._policy.variables

    def check(self, payload: Any) -> None:
        """Raise ``Refused`` for a payload that is no command."""
        self._argv(_task(payload))

    def prepare(self, job: JobRow, around: Surroundings, folder: str) -> Prepared:
        """Return the command, in a folder that lies inside the workspace."""
        task = _task(msgspec.json.decode(job.payload))
        cwd = folder_inside(job.workspace, task.cwd)
        env = environment_of(job, around)
        argv = self._argv(task)
        self._judge(task, argv, env, cwd, job.workspace)
        sandboxes = self._sandboxes
        wish = narrowed(self._policy.wish, job)
        look = sandboxes.unprobed if wish.level is Level.NONE else sandboxes.around
        confined = sandbox.confined(
            argv,
            env,
            workspace=job.workspace,
            cwd=cwd,
            wish=wish,
            around=look(around),
        )
        order = Order(
            argv=confined.wrapped.argv,
            cwd=cwd,
            env=confined.wrapped.environ,
            limits=self._policy.limits,
            max_duration_ms=job.max_duration_ms,
            kill_leftovers=True,
            status_fd=confined.wrapped.status_fd,
            status_path=os.path.join(folder, ENTERED_FILE),
            monitored=confined.wrapped.monitored,
        )
        return Prepared(order, files_of(confined))

    def end(self, ending: Ending) -> Settlement:
        """Go by the exit code, unless the sandbox was never entered."""
        settled = with_limit(settle(ending), self._policy.limits, ending.standing.result)
        return with_sandbox(ending, settled)

    def confines(self, job: JobRow) -> Inherited:
        """Return what confines the command of a job."""
        return passed_on(narrowed(self._policy.wish, job))

    def cannot_inherit(self, level: str) -> str:
        """Return nothing: a command can be confined at any level, or does not begin."""
        return ""

    def confinement(self) -> str:
        """Say what confines its commands; empty when nothing is to."""
        return self._sandboxes.said(self._policy.wish.level) if self._policy.confines else ""

    def _judge(
        self, task: ShellTask, argv: tuple[str, ...], env: dict[str, str], cwd: str, workspace: str
    ) -> None:
        rules = self._policy.rules
        if self._allow_shell and isinstance(task.spec, str):
            check_line(rules)
        else:
            check_command(argv, rules, resolver(env.get("PATH", ""), cwd), workspace)

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
    return read_payload(payload, ShellTask, "command")


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
    """Return a command's variables: the daemon's few, the job's own, and which job it is of (R53).

    ``Refused`` when a secret that it names is not there.
    """
    identity = Identity(job.id, around.instance, job.depth)
    return environment({}, own_variables(job, around.home), identity, around.environ)
