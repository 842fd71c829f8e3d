"""Argument types that several commands share."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def page_size(text: str) -> int:
    """Return a number of rows, at least 1. Larger than a page means more pages."""
    if not text.isdecimal() or int(text) < 1:
        raise _wrong(f"{text!r} is not a number of rows, 1 or more")
    return int(text)


def seconds(text: str) -> float:
    """Return a length of time in seconds, above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise _wrong(f"{text!r} is not a number of seconds above 0")
    return value


def add_workflow(parser: "argparse.ArgumentParser") -> None:
    """Add the two ways to name a workflow; together they exclude each other."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--correlation", metavar="ID", help="only this workflow")
    group.add_argument(
        "--workspace",
        metavar="DIR",
        type=os.path.realpath,
        help="only the workflow of this folder, which is what agents there use by default",
    )


def workflow(args: "argparse.Namespace") -> str | None:
    """Return the correlation_id that was asked for."""
    chosen: str | None = args.correlation or args.workspace
    return chosen


def _wrong(message: str) -> Exception:
    from argparse import ArgumentTypeError  # loaded by whoever parses; not needed where nobody does

    return ArgumentTypeError(message)
