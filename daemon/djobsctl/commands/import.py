"""``djobsctl import``: take over the work that other tools wrote down."""

from djobsctl.options import correlation, folder
from djobsctl.outcome import EXIT_OK, Outcome
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

EXIT_BAD_DATA = 65
"""Something at a source is bad, so that nothing of it came over."""


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    from djobsctl.importing.kinds import KINDS

    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a tool's file or folder, or a project; without any, look in the usual places",
    )
    parser.add_argument("--apply", action="store_true", help="do it; else it is only shown")
    parser.add_argument("--kind", choices=KINDS, help=f"only what is of it, of {', '.join(KINDS)}")
    parser.add_argument(
        "--into", metavar="WORKFLOW", type=correlation, help="the workflow of all that comes over"
    )
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        type=folder,
        help="whose jobs they become (the project that the source is of, else this folder)",
    )
    parser.add_argument(
        "--with-done", action="store_true", help="also what has ended there, as ended"
    )
    parser.add_argument(
        "--with-deferred", action="store_true", help="also what was put off, as least urgent"
    )
    parser.add_argument(
        "--skip-bad", action="store_true", help="leave out what is bad instead of its whole source"
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Look, compare with what is here, and record if asked to."""
    from djobsctl.importing import work

    if not args.paths:
        if args.apply:
            raise UsageError("Say what to import: name a file or folder.")
        return Outcome(work.look_around(args.kind))
    document = work.bring_over(args, talk)
    refused = any(source["refused"] for source in document["sources"])
    return Outcome(document, EXIT_BAD_DATA if refused else EXIT_OK)


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Say what there is, or what would come over or did."""
    from djobsctl.present import importing

    if "places" in document:
        return importing.places(document["places"], screen)
    return importing.sources(document, screen)
