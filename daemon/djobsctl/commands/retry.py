"""``djobsctl retry ID…``: open ended jobs again: a new run with all its attempts."""

from djobsctl import deciding
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

options = deciding.options


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    return deciding.run("job.retry", args, talk)


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Return a line for each job."""
    return deciding.render(document)
