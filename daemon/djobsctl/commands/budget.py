"""``djobsctl budget``: the budgets, what of them is gone, and the jobs that wait for an answer."""

from djobsctl import budgeting
from djobsctl.daemon import session
from djobsctl.options import add_watch
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from djobsctl.talk import Talk

render = budgeting.render


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    add_watch(parser)


def run(_args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        reply = call("budget.list", {})
    return Outcome(budgeting.EMPTY | reply)
