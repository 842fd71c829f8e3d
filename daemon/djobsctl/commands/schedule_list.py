"""``djobsctl schedule list``: what makes jobs at times of day."""

from djobsctl import scheduled
from djobsctl.daemon import session
from djobsctl.options import folder
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = scheduled.render_list


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("--workspace", metavar="DIR", type=folder, help="only those of this folder")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    asked = {} if args.workspace is None else {"workspace": args.workspace}
    with session(talk) as call:
        return Outcome({"schedules": [], **call("schedule.list", asked)})
