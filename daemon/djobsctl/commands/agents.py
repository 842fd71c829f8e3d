"""``djobsctl agents``: who is registered, and who was heard of lately."""

from djobsctl.daemon import session
from djobsctl.options import add_watch
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

DEFAULTS: "dict[str, Any]" = {"status": None, "watch": False}
"""The arguments when there are none, so that no parser is needed; a test compares them with it."""


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("--status", choices=["online", "offline"], help="only these")
    add_watch(parser)


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    params = {} if args.status is None else {"status": args.status}
    with session(talk) as call:
        return Outcome(call("agent.list", params))


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table."""
    from djobsctl.present.table import Column, table
    from djobsctl.present.text import ago

    agents = document["agents"]
    if not agents:
        return "No agent is registered."
    rows = [
        [each["id"], each["status"], ago(each["seen_at"], screen.now),
         ", ".join(each.get("capabilities", []))]
        for each in agents
    ]  # fmt: skip
    return table(
        [Column("AGENT"), Column("STATUS"), Column("SEEN"), Column("CAPABILITIES")], rows, screen
    )
