"""``djobsctl list``: jobs, newest first."""

from djobsctl.daemon import session
from djobsctl.options import add_paging, add_watch, add_workflow, page, workflow
from djobsctl.outcome import Outcome
from djobsctl.pages import read_pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

LIMIT_DEFAULT = 50
DEFAULTS: "dict[str, Any]" = {
    "state": [],
    "correlation": None,
    "workspace": None,
    "limit": None,
    "all_pages": False,
    "cursor": None,
    "archived": False,
    "watch": False,
}
"""The arguments when there are none, so that no parser is needed; a test compares them with it."""


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    from djobs_protocol.states import JobState

    parser.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[str(state) for state in JobState],
        metavar="STATE",
        help=f"only jobs in this state; may be repeated: {', '.join(JobState)}",
    )
    parser.add_argument("--archived", action="store_true", help="those in the archive instead")
    add_workflow(parser)
    add_paging(parser, LIMIT_DEFAULT)
    add_watch(parser)


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    begin, limit = page(args, LIMIT_DEFAULT)
    params: dict[str, Any] = {"states": args.state, **begin}
    if args.archived:
        params["archived"] = True
    if workflow(args):
        params["correlation_id"] = workflow(args)
    with session(talk) as call:
        return Outcome(read_pages(call, "job.list", params, "jobs", limit))


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table, and whether there are more."""
    from djobsctl.present.jobs import job_table
    from djobsctl.present.text import plural

    jobs = document["jobs"]
    if not jobs:
        return "No jobs."
    more = ", more with --all-pages" if document.get("next_cursor") else ""
    return f"{job_table(jobs, screen)}\n{screen.paint(plural(len(jobs), 'job') + more, 'dim')}"
