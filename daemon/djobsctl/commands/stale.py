"""``djobsctl stale``: what does not get on by itself. Status 1 when there is anything."""

from djobsctl.daemon import session
from djobsctl.duration import length_of_time
from djobsctl.options import add_workflow, workflow
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

AGES = {
    "running": ("10m", "in work, and nothing heard of its holder for so long"),
    "ready": ("1d", "ready for so long, and nobody took it"),
    "overdue": ("1m", "its time passed so long ago"),
    "failed": ("0s", "failed so long ago, and nobody acted on it"),
}


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    add_workflow(parser)
    for name, (default, meaning) in AGES.items():
        parser.add_argument(
            f"--{name}",
            type=length_of_time,
            default=default,
            metavar="AGE",
            help=f"{meaning} (%(default)s)",
        )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    asked: dict[str, Any] = {f"{name}_seconds": getattr(args, name) for name in AGES}
    if workflow(args) is not None:
        asked["correlation_id"] = workflow(args)
    with session(talk) as call:
        jobs = call("job.stale", asked).get("jobs", [])
    return Outcome({"jobs": jobs}, EXIT_FALSE if jobs else EXIT_OK)


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a line for each job."""
    from djobsctl.present.table import Column, table
    from djobsctl.present.text import ago

    if not document["jobs"]:
        return "Everything gets on."
    rows = [
        [each["id"], each["kind"], ago(each["since"], screen.now), each["type"], each["text"]]
        for each in document["jobs"]
    ]
    titles = [Column("ID"), Column("STALE"), Column("SINCE"), Column("TYPE", flexible=True)]
    return table([*titles, Column("WHY", flexible=True)], rows, screen)
