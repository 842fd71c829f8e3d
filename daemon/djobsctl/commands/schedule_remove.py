"""``djobsctl schedule remove NAME``: the jobs that it made stay."""

from djobsctl import scheduled
from djobsctl.daemon import session
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

options = scheduled.add_name


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        return Outcome({"removed": call("schedule.remove", scheduled.which(args))})


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Say that it is gone."""
    gone = document["removed"]
    return f"Schedule {gone['name']} of {gone['workspace']} is removed; the jobs it made stay."
