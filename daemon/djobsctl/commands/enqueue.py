"""``djobsctl enqueue``: record jobs that agents or workers are to do."""

import argparse
import time
from typing import Any

from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import BATCH_JOBS_MAX
from djobsctl.daemon import call_once
from djobsctl.duration import length_of_time, time_to_come
from djobsctl.job_options import add_job_options, job_members
from djobsctl.json_options import members
from djobsctl.options import type_name
from djobsctl.outcome import Outcome
from djobsctl.placing import add_place, workflow_members, workspace
from djobsctl.present.screen import Screen
from djobsctl.present.text import plural
from djobsctl.talk import Talk
from djobsctl.task_entries import entries, in_words_of_tasks, new_job
from djobsctl.task_file import read_tasks
from djobsctl.usage import add_examples
from djobsctl.words import UsageError

OF_TASK = {
    "type": "task_type",
    "payload": "payload",
    "on_failure": "on_dependency_failure",
    "run_at": "run_at",
    "delay": "delay_seconds",
    "managed_by": "managed_by",
}
"""Further options that are members of a task, and which."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("type", nargs="?", type=type_name, metavar="TYPE", help="of the work")
    parser.add_argument(
        "--payload",
        type=members,
        metavar="JSON",
        help="what there is to do, an object, or @FILE that holds it",
    )
    parser.add_argument(
        "--file",
        metavar="FILE",
        help="many, all or none: a JSON array or JSON Lines of tasks; `-` is standard input",
    )
    add_job_options(parser, "3")
    parser.add_argument(
        "--on-failure",
        choices=["block", "cancel", "run"],
        help="what becomes of it when what it waits for fails (block)",
    )
    _add_time(parser)
    parser.add_argument("--managed-by", choices=["agent", "worker"], help="who does it (agent)")
    add_place(parser)
    add_examples(
        parser,
        """djobsctl enqueue review --payload '{"path": "src/a.py"}' --priority 2""",
        "djobsctl enqueue test --after j1kt --delay 10m --payload @test.json",
        """printf '%s\\n' '{"task_type": "build", "graph_key": "b"}' \\""",
        """    '{"task_type": "test", "depends_on": ["b"]}' | djobsctl enqueue --file -""",
        note="A task of a file has the members of enqueue_task's `tasks`; what it leaves out is as "
        "the options say.\n`graph_key` names it for the `depends_on` of others in the same file.",
    )


def _add_time(parser: argparse.ArgumentParser) -> None:
    def when(text: str) -> str:
        return time_to_come(text, time.time())

    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--run-at", type=when, metavar="TIME", help="not before it, such as 2026-11-30T10:00"
    )
    group.add_argument(
        "--delay", type=length_of_time, metavar="SPAN", help="not before 90s, 15m, 2h from now"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Record them, all or none."""
    named = _tasks(args)
    common = _common(args)
    jobs = [new_job(name, task, common) for name, task in named]
    asked = {"jobs": jobs, **workflow_members(args)}
    try:
        reply = call_once(talk, workspace(args), "job.enqueue", asked)
    except DjobsError as error:
        raise _told_by_name(error, [name for name, _ in named]) from None
    for job in reply["jobs"]:
        if job.get("existing"):
            talk.say(f"The key is that of {job['id']}, which is {job['state']}.")
    if reply.get("redacted"):
        talk.say(f"{plural(reply['redacted'], 'secret')} in the payloads was replaced.")
    recorded = [{"existing": False, **job} for job in reply["jobs"]]
    document = {"correlation_id": reply["correlation_id"], "jobs": recorded}
    return Outcome({**document, "redacted": reply.get("redacted", 0)})


def render(document: dict[str, Any], _screen: Screen) -> str:
    """Return the ids, one a line, for a script to keep."""
    return "\n".join(job["id"] for job in document["jobs"])


def _tasks(args: argparse.Namespace) -> list[tuple[str, object]]:
    if args.file is None:
        if args.type is None:
            raise UsageError("No work is named; give its TYPE, or --file and many tasks.")
        return [("", {})]
    if args.idempotency_key is not None:
        raise UsageError("--key names one job; with --file, put `idempotency_key` into each task.")
    tasks = entries(read_tasks(args.file))
    if not 1 <= len(tasks) <= BATCH_JOBS_MAX:
        raise UsageError(f"There are {len(tasks)} tasks; one request takes 1 to {BATCH_JOBS_MAX}.")
    return tasks


def _common(args: argparse.Namespace) -> dict[str, Any]:
    given = {member: getattr(args, option) for option, member in OF_TASK.items()}
    return {**job_members(args), **{key: each for key, each in given.items() if each is not None}}


def _told_by_name(error: DjobsError, names: list[str]) -> DjobsError:
    if error.code is not ErrorCode.INVALID_PARAMS and not error.message.startswith("tasks["):
        return error
    return DjobsError(error.code, in_words_of_tasks(error.message, names), **error.data)
