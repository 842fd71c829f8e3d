"""``djobsctl agent heartbeat NAME``: say that an agent is there; `agents` shows it as online."""

from djobsctl import agent_named
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
    add_examples(parser, "djobsctl agent heartbeat ann")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Tell the daemon; one that is not registered is from then on."""
    return agent_named.run("agent.heartbeat", args, talk)


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say that it was heard of."""
    return f"{document['agent']['id']} is {document['agent']['status']}."
