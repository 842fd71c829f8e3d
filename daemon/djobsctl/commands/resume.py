"""``djobsctl resume``: end a pause."""

from djobsctl import pausing
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = pausing.render


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    pausing.add_target(parser)


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    return pausing.run(pausing.RESUME, args, talk)
