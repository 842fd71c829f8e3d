"""``djobsctl init``: find the agents on this machine and have them use djobs."""

import argparse
from typing import Any

from djobs_protocol.errors import DjobsError
from djobsctl.commands import doctor
from djobsctl.doctor.finding import WRONG
from djobsctl.outcome import EXIT_FALSE, Outcome
from djobsctl.present import wiring
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.wiring import choosing
from djobsctl.wiring.wire import wire

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


def check(talk: Talk) -> dict[str, Any]:
    """Return what ``doctor`` finds in all areas."""
    args = argparse.Namespace(only=[], fix=False, yes=False, json=talk.as_json)
    try:
        return dict(doctor.run(args, talk).document)
    except DjobsError as error:
        return {"well": False, "checks": [], "problem": error.message}


def checked(report: dict[str, Any], screen: Screen) -> str:
    """Return what is wrong, or that nothing is; all of it is for ``doctor`` to show."""
    if report.get("problem"):
        return f"It could not be checked: {report['problem']}"
    if report["well"]:
        return f"Checked: {len(report['checks'])} areas, all well (djobsctl doctor shows them)."
    wrong = [each for each in report["checks"] if each["level"] in WRONG]
    return doctor.render({**report, "checks": wrong}, screen)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what was done, how it is, and what comes next."""
    parts = [wiring.wired(document, screen)]
    if document["checked"]:
        parts.append(checked(document["checked"], screen))
    if document["applied"]:
        parts.append("\n".join([screen.paint("Next", "bold"), *next_steps(document)]))
    return "\n\n".join(parts)


def next_steps(document: dict[str, Any]) -> list[str]:
    """Return the few lines that a newcomer needs now."""
    steps = [
        "Open a new session of your agent and tell it, for example:",
        "  Plan this in djobs first, then do it: add docstrings to the files in src/",
        "Watch: djobsctl list    What waits and why: djobsctl status",
        "Optional: djobsctl install-instructions, djobsctl install-hooks",
    ]
    return [f"  {line}" for line in (*steps, *document["after"])]
