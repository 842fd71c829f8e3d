"""``djobsctl limit list``: the limits, and how they stand."""

from djobsctl import limiting
from djobsctl.daemon import session
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = limiting.render


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare no arguments."""


def run(_args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        reply = call("limit.list", {})
    return Outcome({"limits": []} | reply)
