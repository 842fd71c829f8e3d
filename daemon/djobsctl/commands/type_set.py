"""``djobsctl type set NAME``: what later jobs of a type get unless they say otherwise."""

from djobsctl import typed
from djobsctl.daemon import session
from djobsctl.options import attempts, priority, seconds, type_name
from djobsctl.outcome import Outcome
from djobsctl.words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.talk import Talk

render = typed.render
PLAIN = ("priority", "max_attempts", "lease_seconds", "managed_by")
RETRY = ("base_seconds", "factor", "cap_seconds", "jitter")


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("type", metavar="NAME", type=type_name, help="the type")
    parser.add_argument("--priority", type=priority, metavar="N", help="1 (first) to 10")
    parser.add_argument("--max-attempts", type=attempts, metavar="N", help="attempts altogether")
    parser.add_argument("--lease-seconds", type=seconds, metavar="S", help="how long a claim lasts")
    parser.add_argument("--managed-by", choices=["agent", "worker"], help="who does the work")
    parser.add_argument(
        "--base-seconds", type=seconds, metavar="S", help="the pause after the first failure (5)"
    )
    parser.add_argument(
        "--factor", type=float, metavar="X", help="how much longer each next pause is (2)"
    )
    parser.add_argument("--cap-seconds", type=seconds, metavar="S", help="the longest pause (900)")
    parser.add_argument(
        "--jitter", type=float, metavar="X", help="the share of a pause left to chance (0.2)"
    )
    parser.add_argument(
        "--reset", action="store_true", help="forget the type's defaults first; alone: all of them"
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    asked: dict[str, Any] = _given(args, PLAIN)
    if retry := _given(args, RETRY):
        asked["retry"] = retry
    if not asked and not args.reset:
        raise UsageError("There is nothing to set; name a default, or --reset to forget them.")
    with session(talk) as call:
        reply = call("type.set", {"type": args.type, **asked, "reset": args.reset})
    return Outcome({"types": []} | reply)


def _given(args: "argparse.Namespace", names: "tuple[str, ...]") -> "dict[str, Any]":
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}
