"""``djobsctl pause``: let nobody start jobs, what runs goes on; or have one job stand still."""

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
    parser.add_argument("--reason", metavar="TEXT", help="why; shown to whoever asks")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    return pausing.run(pausing.PAUSE, args, talk, args.reason)
