"""``djobsctl limit clear``: end a limit."""

from djobsctl import limiting
from djobsctl.daemon import session
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = limiting.render
options = limiting.add_target


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        reply = call("limit.clear", limiting.target(args))
    return Outcome({"limits": []} | reply)
