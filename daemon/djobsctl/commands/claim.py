"""``djobsctl claim``: take a job, under a lease that outlives this process. Status 3: none ready.

Nothing is kept here: who reports names the claim by the job's id and generation.
"""

import argparse
import time
from contextlib import suppress
from functools import partial
from typing import Any

from djobs_protocol.errors import DjobsError
from djobs_protocol.limits import WAIT_SECONDS_MAX
from djobsctl.daemon import call_once
from djobsctl.duration import length_of_lease, length_of_time
from djobsctl.options import agent_name, job_id, type_name
from djobsctl.outcome import EXIT_NOTHING, Outcome
from djobsctl.placing import add_place, workflow_members, workspace
from djobsctl.present.claimed import claimed_job
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.usage import add_examples
from djobsctl.words import UsageError

ANSWER_SECONDS = 10.0
"""For the answer, beside what the daemon itself waits."""
UNHEARD = "the answer to the claim could not be written"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "job_id", nargs="?", metavar="ID", type=job_id, help="this one, or say why not"
    )
    parser.add_argument(
        "--type", action="append", type=type_name, metavar="NAME", help="only of it; repeatable"
    )
    parser.add_argument("--agent", type=agent_name, metavar="NAME", help="who is to do it")
    parser.add_argument(
        "--lease",
        type=length_of_lease,
        metavar="SPAN",
        help="when it is free again unless `heartbeat` says otherwise (10m; of a worker 1m)",
    )
    parser.add_argument(
        "--wait", type=length_of_time, metavar="SPAN", help="for one to become ready, such as 5m"
    )
    parser.add_argument(
        "--managed-by", choices=["agent", "worker"], help="whose work it is (agent)"
    )
    add_place(parser).add_argument(
        "--everywhere", action="store_true", help="of all workspaces, which take turns"
    )
    add_examples(
        parser,
        "djobsctl claim --type review --agent ann --wait 5m",
        "djobsctl claim --json | jq -r '.job | .id, .holder.generation, .payload.path'",
        "djobsctl complete j1kt --generation 1 --evidence 'reviewed, 2 remarks'",
        note="Status 3: no job may start now.",
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Take one; wait for one as long as asked."""
    if args.job_id is not None and (args.type or args.everywhere or args.correlation or args.wait):
        raise UsageError(
            f"{args.job_id} is claimed as it is, or refused; leave out where to look and --wait."
        )
    job = take(args, talk)
    searched = None if args.everywhere else args.correlation or workspace(args)
    document = {"job": job, "searched": searched}
    if job is None:
        return Outcome(document, EXIT_NOTHING)
    return Outcome(document, unheard=partial(give_back, job, talk))


def give_back(job: dict[str, Any], talk: Talk) -> None:
    """Release a job whose claim nobody could be told of, instead of leaving it to its lease."""
    claimed = {"job_id": job["id"], "generation": job["holder"]["generation"]}
    with suppress(DjobsError):
        call_once(talk, None, "job.release", {**claimed, "reason": UNHEARD})


def take(args: argparse.Namespace, talk: Talk) -> dict[str, Any] | None:
    """Return the job; None when none became ready in time.

    A daemon that goes away meanwhile is followed by the next, which waits anew.
    """
    asked = _asked(args)
    deadline = time.monotonic() + (args.wait or 0)
    while True:
        left = max(0.0, deadline - time.monotonic())
        span = min(left, WAIT_SECONDS_MAX)
        asked_now = {**asked, "wait_seconds": span}
        reply = call_once(talk, workspace(args), "job.claim", asked_now, span + ANSWER_SECONDS)
        job: dict[str, Any] | None = reply.get("job")
        if job is not None or left <= span:
            return job


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the job for whoever does it, or say that there is none."""
    if document["job"] is not None:
        return claimed_job(document["job"], screen)
    where = f"of {document['searched']} " if document["searched"] else ""
    return f"No job {where}may start now; `djobsctl why ID` says why one waits."


def _asked(args: argparse.Namespace) -> dict[str, Any]:
    given = {
        "job_id": args.job_id,
        "types": args.type,
        "agent_id": args.agent,
        "lease_seconds": args.lease,
        "managed_by": args.managed_by,
        "everywhere": args.everywhere or None,
    }
    said = {name: value for name, value in given.items() if value is not None}
    return {**said, **workflow_members(args)}
