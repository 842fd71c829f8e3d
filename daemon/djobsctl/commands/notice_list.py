"""``djobsctl notice list``: who was told what, the latest first."""

from djobsctl.daemon import session
from djobsctl.options import add_paging, page
from djobsctl.outcome import Outcome
from djobsctl.pages import read_pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

LIMIT_DEFAULT = 50


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    add_paging(parser, LIMIT_DEFAULT)


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    begin, limit = page(args, LIMIT_DEFAULT)
    with session(talk) as call:
        return Outcome(read_pages(call, "notice.list", {**begin}, "notices", limit))


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table."""
    from djobsctl.present.table import Column, table
    from djobsctl.present.text import clock

    if not document["notices"]:
        return "Nobody was told anything."
    rows = [
        [clock(each["last_at"], screen.now), str(each["times"]),
         each["kind"], each["key"], each["recipient"]]
        for each in document["notices"]
    ]  # fmt: skip
    titles = [Column("LAST"), Column("TIMES", right=True)]
    names = [Column(each, flexible=True) for each in ("KIND", "KEY", "RECIPIENT")]
    return table([*titles, *names], rows, screen)
