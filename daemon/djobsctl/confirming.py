"""Asking before what cannot be taken back."""

import sys

from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_confirmation(parser: "argparse.ArgumentParser") -> None:
    """Add the option that answers the question before it is asked."""
    parser.add_argument("--yes", action="store_true", help="do it without asking")


def confirm(args: "argparse.Namespace", question: str) -> bool:
    """Return whether a person at the terminal agrees, or ``--yes`` did.

    A usage error where nobody can be asked.
    """
    if args.yes:
        return True
    if args.json or sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{question} Say --yes: nobody can be asked here.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
