"""``djobsctl why ID``: why a job is not running, and when that changes."""

from djobsctl.daemon import session
from djobsctl.options import job_id
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


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        return Outcome({"obstacles": []} | call("job.explain", {"job_id": args.job_id}))


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a line for each thing in the way."""
    from djobsctl.present.text import ago

    head = f"{document['id']} is {document['state']}."
    found = document["obstacles"]
    if not found:
        if document["managed_by"] == "executor":
            return f"{head} Nothing is in its way: djobs begins it when what runs leaves room."
        return f"{head} Nothing is in its way: the next {document['managed_by']} may claim it."
    lines = [
        each["text"] + (f" Until {ago(each['until'], screen.now)}." if each.get("until") else "")
        for each in found
    ]
    return "\n".join([head, *(f"  {line}" for line in lines)])
