"""``djobsctl schedule resume NAME``: let a paused schedule go on."""

from djobsctl import scheduled
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

options = scheduled.add_name
render = scheduled.render_paused


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    return scheduled.pause(args, talk, paused=False)
