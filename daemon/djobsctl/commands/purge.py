"""``djobsctl purge``: which old jobs may go; with ``--yes`` they go for good."""

from djobsctl import deciding
from djobsctl.duration import length_of_time
from djobsctl.options import add_ended_states, add_workflow, workflow
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

AGE_DEFAULT = "30d"
IDS_SHOWN = 20


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--older-than",
        type=age,
        default=AGE_DEFAULT,
        metavar="AGE",
        help="ended so long ago (%(default)s)",
    )
    add_ended_states(
        parser, "; without it all but failed and dead_lettered ones that are not archived"
    )
    add_workflow(parser)
    parser.add_argument("--archived", action="store_true", help="only what is archived")
    parser.add_argument("--reason", metavar="TEXT", help="why; kept in the history")
    parser.add_argument("--yes", action="store_true", help="remove them; without it only say which")


def age(text: str) -> float:
    """Return an age in seconds; its unit is said, for 30 could be taken for days."""
    if text.isdecimal():
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"{text!r} has no unit; {text}d are days, {text}h hours")
    return length_of_time(text)


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon, as often as there are more."""
    given = {
        "older_than_seconds": args.older_than,
        "states": args.state or None,
        "correlation_id": workflow(args),
        "archived_only": args.archived,
        "dry_run": not args.yes,
        "reason": args.reason,
    }
    asked: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    ids, left = deciding.run_batches("queue.purge", asked, talk, "left")
    return Outcome({"dry_run": not args.yes, "ids": ids, "left": left})


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say which, or how many."""
    from djobsctl.present.text import plural

    ids, left = document["ids"], document["left"]
    many = plural(len(ids), "job")
    if not ids:
        lines = ["No job may go."] if document["dry_run"] else ["No job was removed."]
    elif document["dry_run"]:
        lines = [f"{many} may go: {_shown(ids)}.", "Nothing was removed; --yes removes them."]
    else:
        lines = [f"Removed {many} for good; the events stay in the history."]
    if left:
        lines.append(f"Left, for other jobs depend on them: {_shown(left)}.")
    return "\n".join(lines)


def _shown(ids: "list[str]") -> str:
    more = len(ids) - IDS_SHOWN
    return ", ".join(ids[:IDS_SHOWN]) + (f" and {more} more" if more > 0 else "")
