"""The agent executor: a coding agent's own CLI, in a copy of the workspace (``djobs_agent``)."""

import os
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import msgspec

from djobs_agent.contract import (
    ANSWER_FILE,
    REQUEST_FILE,
    TREE_FOLDER,
    Limits,
    Positive,
    Request,
    encode,
)
from djobs_daemon.executors.agent_command import (
    CLAUDE_VARIABLES,
    Asked,
    McpServer,
    command_line,
)
from djobs_daemon.executors.agent_config import AgentCli, AgentClis
from djobs_daemon.executors.agent_ending import read_spent, settle_agent, usage_rows
from djobs_daemon.executors.agent_login import login_of
from djobs_daemon.executors.confined_runs import RECORD, files_of
from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.inheriting import narrowed, passed_on
from djobs_daemon.executors.key_file import read_keys
from djobs_daemon.executors.kinds import Prepared, Refused, Surroundings, read_payload
from djobs_daemon.executors.llm_config import AGENT, TypeTable
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.program_paths import resolver
from djobs_daemon.executors.programs import command_of, shim_command
from djobs_daemon.executors.sandbox import confining as sandbox
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.entering import ENTERED
from djobs_daemon.executors.shell import environment_of, folder_inside
from djobs_daemon.executors.shell_policy import Sandboxes
from djobs_daemon.queue.inheritance import Inherited
from djobs_daemon.queue.job_environment import DEPTH, JOB
from djobs_daemon.store.records import JobRow
from djobs_daemon.store.usage_records import UsageRow
from djobs_local import folders
from djobs_protocol.endpoint import ENDPOINT_RECORD, socket_path, state_file

_PROVIDERS: Final = ("bubblewrap", "seatbelt")
"""Not ``srt``, which leaves its command no stdin."""
_IS_LINUX: Final = sys.platform.startswith("linux")
_ENV: Final = "/usr/bin/env"
_NAMED: Final = ("DJOBS_TEST",)
"""Of the daemon's variables, what a shim in tests needs."""


class AgentTask(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The payload of a job that an agent does."""

    spec: str
    """What is to be done, in words."""
    agent: str = ""
    model: str = ""
    max_turns: Positive | None = None


class AgentExecutor:
    """Has an agent CLI do jobs of one type, and keeps what it changed until somebody applies it."""

    def __init__(
        self, table: TypeTable, clis: AgentClis, sandboxes: Sandboxes, name: str = AGENT
    ) -> None:
        self._table = table
        self._clis = clis
        self._sandboxes = sandboxes
        self.variables = table.variables(name)

    def check(self, payload: Any) -> None:
        """Raise ``Refused`` for a payload that no agent could be given."""
        task = _task(payload)
        if not task.spec.strip():
            raise Refused("spec is empty; expected what is to be done, in words.")
        self._cli(task)

    def prepare(self, job: JobRow, around: Surroundings, folder: str) -> Prepared:
        """Return the program that watches the agent, with its request, and the folder it fills."""
        task = _task(msgspec.json.decode(job.payload))
        workspace = folder_inside(job.workspace, ".")
        tree = _new_tree(folder)
        try:
            return self._prepared(job, task, around, folder, workspace)
        except BaseException:
            with suppress(OSError):  # no run came of it
                os.rmdir(tree)
                os.rmdir(folder)
            raise

    def used(self, folder: str) -> tuple[UsageRow, ...]:
        """Return what was spent so far, by model."""
        return usage_rows(read_spent(folder), 0)

    def end(self, ending: Ending) -> Settlement:
        """Go by the answer; where there is none, by how the program ended."""
        return settle_agent(ending, auto=self._table.apply == "auto")

    def confines(self, job: JobRow) -> Inherited:
        """Return what confines the agent of a job, as far as it is passed on to its tasks."""
        return passed_on(self._wish(job))

    def cannot_inherit(self, level: str) -> str:
        """Say why an agent cannot be confined that far."""
        if level == Level.WRITE_NETWORK:
            return "an agent needs the network for its API, which a run at that level has not"
        return ""

    def _wish(self, job: JobRow) -> sandbox.Wish:
        table = self._table
        own = sandbox.Wish(
            level=table.sandbox,
            read_write=tuple(table.read_write),
            hidden=tuple(table.hidden),
            preference=_PROVIDERS,
        )
        return narrowed(own, job)

    def _may_submit(self, wish: sandbox.Wish) -> bool:
        """Say whether it reaches djobs: confined, only where its tasks are known to be its own."""
        return self._table.tasks and (wish.level is Level.NONE or _IS_LINUX)

    def _prepared(
        self, job: JobRow, task: AgentTask, around: Surroundings, folder: str, workspace: str
    ) -> Prepared:
        cli, table, tree = self._cli(task), self._table, os.path.join(folder, TREE_FOLDER)
        environ = environment_of(job, around) | read_keys(around.home)
        if cli.stream == "claude":
            environ = CLAUDE_VARIABLES | environ
        limits = _limits(table.agent_limits, task)
        wish = self._wish(job)
        asked = Asked(
            model=task.model or table.model,
            tools=table.tools,
            limits=limits,
            server=_server(job, environ, around) if self._may_submit(wish) else None,
            confined=wish.level is not Level.NONE,
        )
        argv = _found(command_line(cli, asked), environ, tree)
        cwd = os.path.normpath(os.path.join(tree, _place_in_repository(workspace)))
        if cwd != tree:
            argv = (_ENV, "-C", cwd, *argv)
        confined = self._confined(argv, environ, tree, around, wish, cli)
        request = Request(
            argv=confined.wrapped.argv,
            workspace=workspace,
            tree=tree,
            cwd=cwd,
            prompt=task.spec if table.system is None else f"{table.system}\n\n{task.spec}",
            stream=cli.stream,
            model=asked.model,
            limits=limits,
            status_fd=confined.wrapped.status_fd,
            entered=ENTERED.decode(),
        )
        order = Order(
            argv=(
                *command_of("djobs_agent", "-I"),
                os.path.join(folder, REQUEST_FILE),
                os.path.join(folder, ANSWER_FILE),
            ),
            cwd=workspace,
            env=confined.wrapped.environ,
            max_duration_ms=job.max_duration_ms,
            kill_leftovers=True,
        )
        files = {REQUEST_FILE: encode(request), RECORD: files_of(confined)[RECORD]}
        return Prepared(order, files)

    def _confined(
        self,
        argv: tuple[str, ...],
        environ: dict[str, str],
        tree: str,
        around: Surroundings,
        wish: sandbox.Wish,
        cli: AgentCli,
    ) -> sandbox.Confined:
        if wish.level is Level.NONE:
            surrounding = self._sandboxes.unprobed(around)
        else:
            surrounding = self._sandboxes.around(around)
            login = login_of(cli.stream, wish.read_write)
            environ = environ | login.environ
            wish = replace(wish, revealed=login.revealed)
        if self._may_submit(wish):
            wish = replace(wish, read_only=_way_to_djobs(around.home))
        return sandbox.confined(
            argv, environ, workspace=tree, cwd=tree, wish=wish, around=surrounding
        )

    def _cli(self, task: AgentTask) -> AgentCli:
        name = task.agent or self._table.agent
        if name not in self._clis:
            known = ", ".join(sorted(self._clis))
            raise Refused(f"There is no agent {name!r}; [agents] of config.toml has: {known}.")
        return self._clis[name]


def _task(payload: Any) -> AgentTask:
    return read_payload(payload, AgentTask, "task for an agent")


def _limits(limits: Limits, task: AgentTask) -> Limits:
    if task.max_turns is None:
        return limits
    return msgspec.structs.replace(limits, max_turns=task.max_turns)


def _new_tree(folder: str) -> str:
    """Make the folder of a run, and in it the one that the agent works in."""
    folders.ensure_private_folder(os.path.dirname(folder))
    folders.ensure_private_folder(folder)
    tree = os.path.join(folder, TREE_FOLDER)
    os.makedirs(tree, mode=0o700, exist_ok=True)
    return tree


def _server(job: JobRow, environ: dict[str, str], around: Surroundings) -> McpServer:
    """Return djobs' own MCP server: in the job's workspace, and one job deeper (R53)."""
    named = {name: around.environ[name] for name in _NAMED if name in around.environ}
    variables = {
        "DJOBS_HOME": around.home,
        "DJOBS_WORKSPACE": job.workspace,
        "DJOBS_TOOLS": "full",
        JOB: environ[JOB],
        DEPTH: environ[DEPTH],
    }
    return McpServer(shim_command(), variables | named)


def _found(argv: tuple[str, ...], environ: dict[str, str], cwd: str) -> tuple[str, ...]:
    """Return the command with the path of its program, which must be there."""
    found = resolver(environ.get("PATH", ""), cwd)(argv[0])
    if found is None:
        raise Refused(
            f"{argv[0]} is not on the daemon's PATH. Install it, or name its path as `command` in "
            "[agents] of config.toml."
        )
    return (found.path, *argv[1:])


def _place_in_repository(workspace: str) -> str:
    """Return where a workspace lies in the repository around it; empty for its top, or in none."""
    folder = workspace
    while not os.path.lexists(os.path.join(folder, ".git")):
        around = os.path.dirname(folder)
        if around == folder:
            return ""
        folder = around
    return "" if folder == workspace else os.path.relpath(workspace, folder)


def _way_to_djobs(home: str) -> tuple[str, ...]:
    """Return what a shim needs of djobs' own folders, which are hidden otherwise."""
    return (os.path.dirname(socket_path(home)), state_file(home, ENDPOINT_RECORD))
