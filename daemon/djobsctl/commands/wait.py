"""``djobsctl wait``: until jobs have ended; the exit status says how."""

from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError
from djobsctl.daemon import DEPARTURE, open_connection
from djobsctl.options import job_id
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

OPEN = ("pending", "running", "retry_scheduled")
WELL = ("succeeded", "skipped")
EXIT_LATE = 124
"""As of ``deadline_exceeded``, and of timeout(1)."""
ANSWER_SECONDS = 10.0
"""For the answer, beside what the daemon itself waits."""


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    from djobsctl.duration import length_of_time

    parser.add_argument("job_ids", metavar="ID", nargs="+", type=job_id, help="the jobs' ids")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--any", action="store_true", help="until one of them has ended")
    which.add_argument("--all", action="store_true", help="until all have (the default)")
    parser.add_argument(
        "--timeout",
        type=length_of_time,
        metavar="SPAN",
        help="at most this long, such as 90s, 15m, 2h; then the status is 124 (without end)",
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask until they have ended, or the time is up."""
    seconds = float("inf") if args.timeout is None else args.timeout
    reply = wait({"job_ids": args.job_ids, "any": args.any}, seconds, talk)
    done, states = reply.get("done", False), [job["state"] for job in reply["jobs"]]
    ill = any(state not in (*OPEN, *WELL) for state in states)
    document = {"done": done, "jobs": reply["jobs"]}
    return Outcome(document, EXIT_LATE if not done else EXIT_FALSE if ill else EXIT_OK)


def wait(asked: "dict[str, Any]", seconds: float, talk: "Talk") -> "dict[str, Any]":
    """Return the daemon's last word on the jobs, however many daemons that takes."""
    import time

    from djobs_protocol.limits import WAIT_SECONDS_MAX

    deadline = time.monotonic() + seconds
    while True:
        left = max(0.0, deadline - time.monotonic())
        span = min(left, WAIT_SECONDS_MAX)
        with open_connection(state_dir(), talk) as connection:
            try:
                asked_now = {**asked, "wait_seconds": span}
                reply = connection.call("job.wait", asked_now, span + ANSWER_SECONDS)
            except DjobsError as error:
                if error.code not in DEPARTURE:
                    raise
                continue  # the next daemon is asked
        if reply.get("done") or left <= span:
            return reply


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Return a line for each job."""
    lines = [f"{job['id']} is {job['state']}." for job in document["jobs"]]
    return "\n".join(lines if document["done"] else [*lines, "The time is up."])
