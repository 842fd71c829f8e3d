"""``djobsctl pause``: let nobody start jobs; what runs goes on."""

from djobsctl import pausing
from djobsctl.daemon import session
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
    reason = {} if args.reason is None else {"reason": args.reason}
    with session(talk) as call:
        reply = call("queue.pause", {**pausing.target(args), **reason})
    return Outcome({"pauses": reply.get("pauses", [])})
