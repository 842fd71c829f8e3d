"""``djobsctl schedule set NAME``: have a job made whenever a cron expression says."""

from djobsctl import scheduled
from djobsctl.daemon import session
from djobsctl.json_options import payload
from djobsctl.options import (
    attempts,
    correlation,
    folder,
    priority,
    schedule_name,
    type_name,
)
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = scheduled.render
OF_JOB = ("type", "payload", "priority", "max_attempts", "managed_by", "resource_key")
OF_SCHEDULE = ("name", "cron", "zone", "missed", "overlap", "paused", "workspace", "correlation_id")


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument(
        "name", metavar="NAME", type=schedule_name, help="replaces one of that name"
    )
    parser.add_argument(
        "--cron",
        required=True,
        metavar="'M H D M W'",
        help="minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly ...",
    )
    parser.add_argument("--zone", metavar="ZONE", help="such as Europe/Berlin (the daemon's own)")
    parser.add_argument("--type", required=True, metavar="NAME", type=type_name, help="of the jobs")
    parser.add_argument("--payload", type=payload, metavar="JSON", help="of the jobs")
    parser.add_argument("--priority", type=priority, metavar="N", help="1 (first) to 10")
    parser.add_argument("--max-attempts", type=attempts, metavar="N", help="attempts altogether")
    parser.add_argument("--managed-by", choices=["agent", "worker"], help="who does the work")
    parser.add_argument(
        "--resource", dest="resource_key", metavar="KEY", help="what a job needs to itself"
    )
    parser.add_argument(
        "--missed",
        choices=["once", "skip", "all"],
        help="runs whose time came while nobody was there: one for all, none, each (once)",
    )
    parser.add_argument(
        "--overlap",
        choices=["skip", "allow"],
        help="a run while the job before is open: left out, or one more job (skip)",
    )
    parser.add_argument(
        "--paused", action="store_const", const=True, help="make no jobs until it is resumed"
    )
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        type=folder,
        default=".",
        help="the folder whose agents get the jobs (the current one)",
    )
    parser.add_argument(
        "--correlation",
        dest="correlation_id",
        metavar="ID",
        type=correlation,
        help="the workflow of the jobs (that of the folder)",
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""

    def given(names: tuple[str, ...]) -> dict[str, object]:
        return {name: getattr(args, name) for name in names if getattr(args, name) is not None}

    asked = {**given(OF_SCHEDULE), "job": given(OF_JOB)}
    with session(talk) as call:
        return scheduled.outcome(call("schedule.set", asked))
