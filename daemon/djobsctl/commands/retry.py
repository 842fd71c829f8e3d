"""``djobsctl retry``: open ended jobs again, those that are named or all that failed."""

from djobsctl import deciding
from djobsctl.options import add_workflow, job_id, type_name, workflow
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
    parser.add_argument("job_ids", metavar="ID", nargs="*", type=job_id, help="the jobs' ids")
    parser.add_argument(
        "--failed", action="store_true", help="all that failed or were dead-lettered, instead"
    )
    add_workflow(parser)
    parser.add_argument(
        "--type", metavar="NAME", action="append", type=type_name, help="only failed jobs of it"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why; kept in the history")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    narrowed = workflow(args) is not None or args.type is not None
    if args.failed == bool(args.job_ids) or (narrowed and not args.failed):
        raise UsageError("Name the jobs to retry, or --failed and which of them.")
    return _failed(args, talk) if args.failed else deciding.run("job.retry", args, talk)


def _failed(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    given = {"correlation_id": workflow(args), "types": args.type, "reason": args.reason}
    asked = {name: value for name, value in given.items() if value is not None}
    ids, left = deciding.run_batches("job.retry_failed", asked, talk, "left")
    jobs = [{"id": each, "state": "pending"} for each in ids]
    return Outcome({"jobs": jobs, "left": left})


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Return a line for each job."""
    lines = deciding.render(document) or "No failed job was opened again."
    if document.get("left"):
        lines += f"\nLeft, for a newer job has their key: {', '.join(document['left'])}."
    return lines
