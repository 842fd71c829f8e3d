"""``pause`` and ``resume``: what they are about, and how what is paused is shown.

Of one job they are about what runs for it, too; of all else about what would start.
"""

from djobsctl.daemon import session
from djobsctl.options import folder, job_id, type_name
from djobsctl.outcome import Outcome
from djobsctl.present.text import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


PAUSE = "queue.pause"
RESUME = "queue.resume"


def add_target(parser: "argparse.ArgumentParser") -> None:
    """Add what is meant: everything unless a part is named."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "job_id",
        nargs="?",
        type=job_id,
        metavar="JOB",
        help="only this job, also what the daemon runs for it already",
    )
    group.add_argument(
        "--workspace", metavar="DIR", type=folder, help="only jobs of this folder's agents"
    )
    group.add_argument("--type", metavar="NAME", type=type_name, help="only jobs of this type")


def run(
    method: str, args: "argparse.Namespace", talk: "Talk", reason: str | None = None
) -> Outcome:
    """Ask the daemon, and return what is paused after it."""
    said = {} if reason is None else {"reason": reason}
    with session(talk) as call:
        if args.job_id is not None:
            of_job = {"job_id": args.job_id, "paused": method == PAUSE, **said}
            job = call("job.pause", of_job)
            reply = call("queue.pauses", {})
            moved = {"id": job["id"], "state": job["state"], "paused": of_job["paused"]}
            return Outcome({"job": moved, "pauses": reply.get("pauses", [])})
        reply = call(method, {**_target(args), **said})
    return Outcome({"job": None, "pauses": reply.get("pauses", [])})


def _target(args: "argparse.Namespace") -> "dict[str, str]":
    if args.workspace is not None:
        return {"scope": "workspace", "subject": args.workspace}
    if args.type is not None:
        return {"scope": "type", "subject": args.type}
    return {"scope": "everything"}


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Say what is paused now."""
    if document["job"]:
        return _of_job(document["job"])
    if not document["pauses"]:
        return "Nothing is paused."
    lines = []
    for pause in document["pauses"]:
        what = " ".join(filter(None, (pause["scope"], pause.get("subject"))))
        why = f": {pause['reason']}" if pause.get("reason") else ""
        lines.append(f"Paused since {clock(pause['since'], screen.now)}: {what}{why}")
    return "\n".join([*lines, "What runs goes on."])


def _of_job(job: "dict[str, Any]") -> str:
    if not job["paused"]:
        return f"{job['id']} is {job['state']}, and no longer paused."
    if job["state"] == "running":
        return f"{job['id']} is paused: what runs for it stands still."
    return f"{job['id']} is paused: it is not started."
