"""``djobsctl completion SHELL``: the script by which a shell completes. Never starts anything."""

import argparse
from importlib import import_module
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.text import safe
from djobsctl.quick import quick_calls
from djobsctl.talk import Talk

SHELLS = ("bash", "zsh", "fish")
IDS = "ids"
"""What the scripts ask for when a job's id is wanted."""
ANSWER_SECONDS = 0.3
"""A person has pressed a key and waits."""
JOBS_MAX = 200

HOW = {
    "bash": "djobsctl completion bash > ~/.local/share/bash-completion/completions/djobsctl",
    "zsh": 'djobsctl completion zsh > "${fpath[1]}/_djobsctl"',
    "fish": "djobsctl completion fish > ~/.config/fish/completions/djobsctl.fish",
}


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "shell",
        metavar="SHELL",
        choices=(*SHELLS, IDS),
        help="bash, zsh or fish; `ids`: the newest jobs of a daemon that runs",
    )
    parser.epilog = "\n".join(HOW.values())


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Write the script; or ask a daemon that is there for ids, and nobody else."""
    if args.shell != IDS:
        return Outcome({"shell": args.shell, "script": script(args.shell), "jobs": []})
    asked = [("job.list", {"limit": JOBS_MAX})]
    (answer,) = quick_calls(state_dir(), asked, ANSWER_SECONDS, "djobsctl")
    jobs = [
        {"id": each["id"], "type": each["type"], "state": each["state"]}
        for each in (answer or {}).get("jobs", [])
    ]
    return Outcome({"shell": None, "script": None, "jobs": jobs})


def script(shell: str) -> str:
    """Return the script for a shell."""
    from djobsctl.completing.model import commands

    written: str = import_module(f"djobsctl.completing.{shell}").script(commands())
    return written


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the script, or an id a line with what it is."""
    if document["script"] is not None:
        return str(document["script"])
    rows = (f"{each['id']}\t{each['type']} {each['state']}" for each in document["jobs"])
    return "\n".join("\t".join(safe(part) for part in row.split("\t")) for row in rows)
