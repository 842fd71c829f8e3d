"""``agent register`` and ``agent heartbeat``: one agent, by its name."""

from djobsctl.daemon import session
from djobsctl.options import agent_name
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.talk import Talk


def add_name(parser: "argparse.ArgumentParser") -> None:
    """Add who is meant."""
    parser.add_argument("agent_id", metavar="NAME", type=agent_name, help="the agent's name")


def run(method: str, args: "argparse.Namespace", talk: "Talk", **said: "Any") -> Outcome:
    """Tell the daemon; a second time changes nothing but when it was heard of."""
    given = {name: value for name, value in said.items() if value is not None}
    with session(talk) as call:
        return Outcome({"agent": call(method, {"agent_id": args.agent_id, **given})})
