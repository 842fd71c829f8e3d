"""``djobsctl agent register NAME``: make an agent known, with what it can do."""

from djobsctl import agent_named
from djobsctl.json_options import members
from djobsctl.options import capability
from djobsctl.outcome import Outcome
from djobsctl.usage import add_examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    agent_named.add_name(parser)
    parser.add_argument(
        "--capability",
        action="append",
        type=capability,
        metavar="WORD",
        help="something it can do; may be repeated",
    )
    parser.add_argument(
        "--metadata", type=members, metavar="JSON", help="anything else, an object, or @FILE"
    )
    add_examples(
        parser, """djobsctl agent register ann --capability python --metadata '{"model": "m"}'"""
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Register it; what was said of it before is replaced."""
    said = {"capabilities": args.capability, "metadata": args.metadata}
    return agent_named.run("agent.register", args, talk, **said)


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say that it is known."""
    agent = document["agent"]
    can = ", ".join(agent.get("capabilities", []))
    return f"{agent['id']} is registered{': ' + can if can else ''}."
