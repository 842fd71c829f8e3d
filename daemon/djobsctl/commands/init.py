"""``djobsctl init``: find the agents on this machine and have them use djobs."""

import argparse
from typing import Any

from djobs_protocol.errors import DjobsError
from djobsctl.commands.table import COMMANDS, module_of
from djobsctl.outcome import EXIT_FALSE, Outcome
from djobsctl.present import wiring
from djobsctl.present.screen import Screen, detect
from djobsctl.talk import Talk
from djobsctl.usage import parser_for
from djobsctl.wiring import choosing
from djobsctl.wiring.wire import wire

DOCTOR = "doctor"
EXAMPLES = """\
examples:
  djobsctl init                     show what would change, ask, change it, check it
  djobsctl init --dry-run           only show it
  djobsctl init --yes --host codex  only Codex, without asking
  djobsctl init --scope project --portable
                                    in the files of this project, for everyone who works on it

Nothing is changed that was not shown. Originals are kept; `djobsctl remove` puts them back.
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    choosing.add_host(parser)
    choosing.add_wiring(parser)
    choosing.add_asking(parser)
    parser.epilog = EXAMPLES


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Wire what is found, then have everything checked."""
    document, status = wire(args, talk)
    document["checked"] = check(talk) if document["applied"] else None
    if not document["agents"]:
        status = EXIT_FALSE
    return Outcome(document, status)


def check(talk: Talk) -> dict[str, Any] | None:
    """Return what ``doctor`` finds, with the text for people; None when it cannot say."""
    if DOCTOR not in COMMANDS:
        return None
    name = module_of(DOCTOR)
    module = __import__(name, fromlist=[DOCTOR])
    parser = parser_for(DOCTOR)
    module.options(parser)
    try:
        outcome = module.run(parser.parse_args([]), talk)
    except DjobsError as error:
        return {
            "status": error.exit_status,
            "text": f"The check could not be done: {error.message}",
        }
    text = module.render(outcome.document, detect()) if not talk.as_json else ""
    return {"status": outcome.exit_status, "text": text}


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what was done, how it is, and what comes next."""
    parts = [wiring.wired(document, screen)]
    if document["checked"] and document["checked"]["text"]:
        parts.append(document["checked"]["text"])
    if document["applied"]:
        parts.append("\n".join([screen.paint("Next", "bold"), *next_steps(document)]))
    return "\n\n".join(parts)


def next_steps(document: dict[str, Any]) -> list[str]:
    """Return the few lines that a newcomer needs now."""
    steps = [
        "Open a new session of your agent and tell it, for example:",
        "  Plan this in djobs first, then do it: add docstrings to the files in src/",
        "Watch: djobsctl list    What waits and why: djobsctl status",
    ]
    return [f"  {line}" for line in (*steps, *document["after"])]
