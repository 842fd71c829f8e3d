"""From a check to what a runner is told to run: a command as a shell job's, a look by a program."""

import os
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from djobs_daemon.executors.kinds import Executor, Prepared, Surroundings
from djobs_daemon.executors.orders import Order
from djobs_daemon.executors.programs import command_of
from djobs_daemon.executors.shell import ShellExecutor, environment_of, folder_inside
from djobs_daemon.queue.checks import kind_of, timeout_ms
from djobs_daemon.store.records import JobRow
from djobs_protocol.evidence import Check

REQUEST: Final = "check.json"
LOG_BYTES_MAX: Final = 512 * 1024
"""Of a check's output, what is kept of its beginning and of its end."""
TREE_MS_MAX: Final = 30_000


def shell_of(executors: Mapping[str, Executor], job_type: str) -> ShellExecutor:
    """Return by whose rules the commands of a job's checks go: its type's, else those of shell."""
    own = executors.get(job_type)
    shell = own if isinstance(own, ShellExecutor) else executors["shell"]
    assert isinstance(shell, ShellExecutor)
    return shell


def as_shell_job(job: JobRow, check: Check) -> JobRow:
    """Return the shell job that a command's check is like."""
    payload = {"spec": check.command, "cwd": check.cwd or "."}
    return msgspec.structs.replace(
        job,
        payload=msgspec.json.encode(payload).decode(),
        managed_by="executor",
        max_attempts=1,
        max_duration_ms=timeout_ms(check),
    )


def order_of_check(
    job: JobRow, check: Check, shell: ShellExecutor, around: Surroundings, folder: str
) -> Prepared:
    """Return what to run for a check. Raises as ``Executor.prepare`` does."""
    if kind_of(check) == "command":
        prepared = shell.prepare(as_shell_job(job, check), around, folder)
        return Prepared(_bounded(prepared.order), prepared.files)
    request = {
        "kind": kind_of(check),
        "path": check.file_exists or check.path,
        "sha256": check.sha256,
        "schema": check.json_schema,
    }
    return _program(job, around, folder, request, timeout_ms(check))


def order_of_tree(job: JobRow, around: Surroundings, folder: str) -> Prepared:
    """Return what hashes the workspace."""
    return _program(job, around, folder, {"kind": "tree"}, TREE_MS_MAX)


def _program(
    job: JobRow, around: Surroundings, folder: str, request: dict[str, Any], ms_max: int
) -> Prepared:
    workspace = folder_inside(job.workspace, ".")
    order = Order(
        argv=(*command_of("djobs_checks", "-I"), os.path.join(folder, REQUEST)),
        cwd=workspace,
        env=environment_of(job, around),
        max_duration_ms=ms_max,
        kill_leftovers=True,
    )
    files = {REQUEST: msgspec.json.encode({"workspace": workspace, **request})}
    return Prepared(_bounded(order), files)


def _bounded(order: Order) -> Order:
    return msgspec.structs.replace(
        order, log_head_bytes=LOG_BYTES_MAX, log_tail_bytes=LOG_BYTES_MAX
    )
