"""``djobsctl type list``: the types that have defaults."""

from djobsctl import typed
from djobsctl.daemon import session
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.talk import Talk

render = typed.render
DEFAULTS: "dict[str, Any]" = {}
"""The arguments when there are none, so that no parser is needed; a test compares them with it."""


def options(_parser: "argparse.ArgumentParser") -> None:
    """Declare no arguments."""


def run(_args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    with session(talk) as call:
        return Outcome({"types": []} | call("type.list", {}))
