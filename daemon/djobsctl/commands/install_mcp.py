"""``djobsctl install-mcp``: have agents use djobs as an MCP server, and nothing else."""

import argparse
import json
from typing import Any

from djobs_setup.shapes import plain
from djobsctl.outcome import Outcome
from djobsctl.present import wiring
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.wiring import choosing
from djobsctl.wiring.registering import tried_command
from djobsctl.wiring.wire import wire

EXAMPLES = """\
examples:
  djobsctl install-mcp --host cursor --yes
  djobsctl install-mcp --print       what to paste into an agent that djobs does not know
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    choosing.add_host(parser)
    choosing.add_wiring(parser)
    choosing.add_asking(parser)
    parser.add_argument("--print", action="store_true", help="print the entry, and change nothing")
    parser.epilog = EXAMPLES


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Wire what is meant, or print the entry."""
    if args.print:
        tried = tried_command(talk, portable=args.portable)
        env = {} if args.portable else choosing.needed_environment()
        return Outcome({"entry": plain(tried.words, env)})
    document, status = wire(args, talk)
    return Outcome(document, status)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what was done, or show the entry as most agents take it."""
    if "entry" in document:
        return json.dumps({"mcpServers": {"djobs": document["entry"]}}, indent=2)
    return wiring.wired(document, screen)
