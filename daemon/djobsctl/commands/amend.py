"""``djobsctl amend ID``: change a job that has not started."""

import time

from djobsctl.daemon import session
from djobsctl.duration import time_to_come
from djobsctl.json_options import payload
from djobsctl.options import attempts, job_id, priority, revision
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help="the job's id")

    def when(text: str) -> str:
        return time_to_come(text, time.time())

    parser.add_argument("--priority", type=priority, metavar="N", help="1 (first) to 10")
    parser.add_argument("--max-attempts", type=attempts, metavar="N", help="attempts altogether")
    parser.add_argument("--payload", type=payload, metavar="JSON", help="the whole new payload")
    parser.add_argument(
        "--run-at", type=when, metavar="WHEN", help="not before 2h from now, or 2026-11-30T10:00"
    )
    parser.add_argument(
        "--revision",
        type=revision,
        metavar="N",
        help="refuse if it has changed since (`show`)",
    )
    parser.add_argument("--reason", metavar="TEXT", help="why; kept in the history")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    names = ("job_id", "priority", "max_attempts", "payload", "run_at", "revision", "reason")
    asked = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    with session(talk) as call:
        return Outcome({"job": call("job.amend", asked)})


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say that it is done."""
    job = document["job"]
    return f"{job['id']} is changed; it is at revision {job['revision']} now."
