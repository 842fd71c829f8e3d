"""``limit set``, ``clear`` and ``list``: what they are about, and how the limits are shown."""

from djobsctl.options import folder, type_name
from djobsctl.present.text import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen


def add_target(parser: "argparse.ArgumentParser") -> None:
    """Add what is meant: one of the three."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--type", metavar="NAME", type=type_name, help="jobs of this type")
    group.add_argument(
        "--workspace", metavar="DIR", type=folder, help="jobs of this folder's agents"
    )
    group.add_argument(
        "--resource", metavar="KEY", type=type_name, help="jobs with this resource_key"
    )
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument(
        "--of", metavar="DIR", type=folder, help="the folder whose resource it is (default: here)"
    )
    whose.add_argument(
        "--everywhere", action="store_true", help="a resource of all folders together"
    )


def target(args: "argparse.Namespace") -> "dict[str, Any]":
    """Return what is meant as the daemon's request has it."""
    if args.type is not None:
        return {"scope": "type", "subject": args.type}
    if args.workspace is not None:
        return {"scope": "workspace", "subject": args.workspace}
    resource = {"scope": "resource", "subject": args.resource}
    if args.everywhere:
        return {**resource, "everywhere": True}
    return {**resource, "workspace": args.of or folder(".")}


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table, a limit on each line."""
    from djobsctl.present.table import Column, table

    limits = document["limits"]
    if not limits:
        return "Nothing is limited."
    rows = [[_what(each), *_numbers(each), _next(each, screen)] for each in limits]
    columns = [Column("LIMITED", flexible=True), Column("RUNNING", right=True)]
    return table([*columns, Column("STARTS"), Column("NEXT START")], rows, screen)


def _what(limit: "dict[str, Any]") -> str:
    place = f" of {limit['workspace']}" if limit.get("workspace") else ""
    return f"{limit['scope']} {limit['subject']}{place}"


def _numbers(limit: "dict[str, Any]") -> "tuple[str, str]":
    running = f"{limit['running_now']} of {limit['running']}" if limit.get("running") else "-"
    window = f"{limit.get('window_seconds', 0):g} s"
    return running, f"{limit['starts']} in {window}" if limit.get("starts") else "-"


def _next(limit: "dict[str, Any]", screen: "Screen") -> str:
    if limit.get("opens_at"):
        return clock(limit["opens_at"], screen.now)
    full = limit.get("running") is not None and limit["running_now"] >= limit["running"]
    return "when one ends" if full else "now"
