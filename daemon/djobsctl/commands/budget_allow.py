"""``djobsctl budget allow``: the answer to a job that is paused because a budget is used up."""

from djobsctl import budgeting
from djobsctl.daemon import session
from djobsctl.options import amount, folder
from djobsctl.outcome import Outcome
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

BUDGETS = ("day", "month", "workspace", "rate", "minute", "hour")
render = budgeting.render


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("what", metavar="ID|BUDGET", help=f"a job, or one of {', '.join(BUDGETS)}")
    parser.add_argument("workspace", metavar="DIR", nargs="?", type=folder, help="whose budget")
    parser.add_argument("--usd", type=float, metavar="N", help="raise it by N US dollars")
    parser.add_argument("--tokens", type=amount, metavar="N", help="... by N tokens")
    parser.add_argument("--minutes", type=float, metavar="N", help="... by N minutes")
    parser.add_argument("--starts", type=amount, metavar="N", help="... by N starts")


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    names = ("usd", "tokens", "minutes", "starts")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.what not in BUDGETS:
        if given or args.workspace:
            raise UsageError("A job goes on as a whole; amounts are for budgets.")
        asked = {"job_id": args.what}
    elif not given:
        raise UsageError("There is no amount; give --usd N, --tokens N, --minutes N or --starts N.")
    else:
        place = {"workspace": args.workspace or folder(".")}
        asked = {"budget": args.what, **place, **given}
    with session(talk) as call:
        reply = call("budget.allow", asked)
    return Outcome(budgeting.EMPTY | reply)
