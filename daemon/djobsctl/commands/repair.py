"""``djobsctl repair``: give agents whose registered command no longer works one that does."""

import argparse
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobs_setup.inspecting import Wired, inspect
from djobs_setup.ledger import Ledger
from djobs_setup.probing import Probe
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present import wiring
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.wiring import choosing, describing
from djobsctl.wiring.doing import agreed, do_all, outcome
from djobsctl.wiring.mending import mending_steps, tried
from djobsctl.wiring.registering import tried_command
from djobsctl.wiring.wire import question


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    choosing.add_host(parser)
    choosing.add_asking(parser)


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Start what each agent would start; change the entries that do not answer."""
    machine = choosing.machine_here()
    there = inspect(machine, Ledger(state_dir()).changes().values())
    ours = [each for each in there if each.ours and _meant(each, args.host)]
    answers = tried(ours, talk)
    broken = [each for each, probe in answers if not (probe.ok or probe.stopped)]
    steps = mending_steps(broken, tried_command(talk, portable=False).words) if broken else []
    document: dict[str, Any] = {
        "checked": [_checked(each, probe, machine.shown(each.path)) for each, probe in answers],
        "files": describing.files_of(steps, machine),
        "applied": False,
    }
    to_do = [step for step in steps if step.after is not None]
    if args.dry_run or not to_do:
        return Outcome(document, EXIT_FALSE if broken else EXIT_OK)
    if not agreed(args, document, question(len(to_do)), _shown):
        return Outcome(document, EXIT_FALSE)
    return outcome(document, do_all(to_do))


def _meant(wired: Wired, names: list[str]) -> bool:
    return not names or wired.host.name in names


def _checked(wired: Wired, probe: Probe, shown: str) -> dict[str, Any]:
    return {
        "host": wired.host.name,
        "path": wired.path,
        "shown": shown,
        "command": wired.command,
        "works": probe.ok or probe.stopped,
        "seconds": round(probe.seconds, 3),
        "problem": probe.problem,
    }


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say which commands work, what was wrong with the others, and what was done."""
    if not document["checked"]:
        return "No agent here has djobs; `djobsctl init` wires them."
    parts = [] if document.get("shown") else [_shown(document, screen)]
    done = [each for each in document["files"] if each["diff"] and not each["reason"]]
    if document["applied"]:
        names = describing.titles(name for each in done for name in each["hosts"])
        parts.append(f"Repaired {names}." if names else "Nothing was repaired.")
    elif done:
        parts.append("Nothing was changed yet. `--yes` changes it.")
    return "\n\n".join(parts)


def _shown(document: dict[str, Any], screen: Screen) -> str:
    lines = [
        f"{describing.titles([each['host']])} ({each['shown']}): "
        + (
            screen.paint("works", "green")
            if each["works"]
            else screen.paint(each["problem"], "red")
        )
        for each in document["checked"]
    ]
    plan = wiring.plan(document, screen)
    return "\n".join(lines) + (f"\n\n{plan}" if plan else "")
