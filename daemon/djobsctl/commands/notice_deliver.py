"""``djobsctl notice deliver``: whether to tell somebody something. Status 1: not now."""

from djobsctl.daemon import session
from djobsctl.duration import length_of_time
from djobsctl.options import type_name
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("kind", metavar="KIND", type=type_name, help="of notice, e.g. failed")
    parser.add_argument("key", metavar="KEY", type=type_name, help="what it is about, e.g. j42kt")
    parser.add_argument("recipient", metavar="RECIPIENT", type=type_name, help="who is told")
    parser.add_argument(
        "--window", metavar="AGE", type=length_of_time, help="once in so long; else once for ever"
    )
    parser.add_argument(
        "--cooldown",
        metavar="AGE",
        type=length_of_time,
        help="nothing of this kind so soon after another",
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    given = {"window_seconds": args.window, "cooldown_seconds": args.cooldown}
    asked: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    asked |= {"kind": args.kind, "key": args.key, "recipient": args.recipient}
    with session(talk) as call:
        answer = call("notice.deliver", asked)
    return Outcome({"notice": answer}, EXIT_OK if answer["deliver"] else EXIT_FALSE)


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Say yes, or why not and from when on."""
    from djobsctl.present.text import ago

    answer = document["notice"]
    if answer["deliver"]:
        return "Deliver it: nobody else is told to."
    again = answer.get("again_at")
    until = f"Again {ago(again, screen.now)}." if again else "Never again."
    if answer["reason"] == "cooling_down":
        return f"Not now: another of this kind was given lately. {until}"
    return f"Not now: it was given {ago(answer['last_at'], screen.now)}. {until}"
