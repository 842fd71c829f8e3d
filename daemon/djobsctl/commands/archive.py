"""``djobsctl archive``: leave a workflow's ended jobs out of lists, or bring them back."""

from djobsctl.daemon import session
from djobsctl.options import add_ended_states, add_workflow, workflow
from djobsctl.outcome import Outcome
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    add_workflow(parser)
    add_ended_states(parser)
    parser.add_argument("--undo", action="store_true", help="bring the archived jobs back")
    parser.add_argument("--reason", metavar="TEXT", help="why; kept in the history")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon, as often as there are more."""
    chosen = workflow(args)
    if chosen is None:
        raise UsageError("Name the workflow: --workspace DIR, or --correlation ID.")
    if args.undo and args.state:
        raise UsageError("--undo brings all of them back; leave --state out.")
    asked: dict[str, Any] = {"correlation_id": chosen}
    asked |= {"states": args.state} if args.state else {}
    asked |= {"reason": args.reason} if args.reason is not None else {}
    method = "workflow.unarchive" if args.undo else "workflow.archive"
    jobs, reply = 0, {"more": True}
    with session(talk) as call:
        while reply.get("more"):
            reply = call(method, asked)
            jobs += reply["jobs"]
    return Outcome(
        {
            "correlation_id": chosen,
            "archived": not args.undo,
            "jobs": jobs,
            "unfinished": reply.get("unfinished", 0),
        }
    )


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say how many."""
    from djobsctl.present.text import plural

    if not document["archived"]:
        return f"Brought {plural(document['jobs'], 'job')} back."
    said = f"Archived {plural(document['jobs'], 'job')}."
    if document["unfinished"]:
        said += f" Open, and left: {plural(document['unfinished'], 'job')}."
    return said
