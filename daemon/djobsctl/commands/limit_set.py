"""``djobsctl limit set``: bound how many jobs of something run at once, or start in a time."""

from djobsctl import limiting
from djobsctl.daemon import session
from djobsctl.options import amount, seconds
from djobsctl.outcome import Outcome
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = limiting.render


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    limiting.add_target(parser)
    parser.add_argument("--running", type=amount, metavar="N", help="at most N at once")
    parser.add_argument("--starts", type=amount, metavar="N", help="at most N starts ...")
    parser.add_argument("--per", type=seconds, metavar="S", help="... in any S seconds")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    if args.running is None and args.starts is None:
        raise UsageError("There is no number; give --running N, or --starts N --per S, or both.")
    if (args.starts is None) != (args.per is None):
        raise UsageError("--starts and --per belong together: how many, in how many seconds.")
    numbers = {"running": args.running, "starts": args.starts, "window_seconds": args.per}
    given = {name: value for name, value in numbers.items() if value is not None}
    with session(talk) as call:
        reply = call("limit.set", {**limiting.target(args), **given})
    return Outcome({"limits": []} | reply)
