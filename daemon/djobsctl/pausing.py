"""``pause`` and ``resume``: what they are about, and how what is paused is shown."""

from djobsctl.daemon import session
from djobsctl.options import folder, type_name
from djobsctl.outcome import Outcome
from djobsctl.present.text import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def add_target(parser: "argparse.ArgumentParser") -> None:
    """Add what is meant: everything unless a part is named."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--workspace", metavar="DIR", type=folder, help="only jobs of this folder's agents"
    )
    group.add_argument("--type", metavar="NAME", type=type_name, help="only jobs of this type")


def run(
    method: str, args: "argparse.Namespace", talk: "Talk", reason: str | None = None
) -> Outcome:
    """Ask the daemon, and return what is paused after it."""
    said = {} if reason is None else {"reason": reason}
    with session(talk) as call:
        reply = call(method, {**_target(args), **said})
    return Outcome({"pauses": reply.get("pauses", [])})


def _target(args: "argparse.Namespace") -> "dict[str, str]":
    if args.workspace is not None:
        return {"scope": "workspace", "subject": args.workspace}
    if args.type is not None:
        return {"scope": "type", "subject": args.type}
    return {"scope": "everything"}


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Say what is paused now."""
    if not document["pauses"]:
        return "Nothing is paused."
    lines = []
    for pause in document["pauses"]:
        what = " ".join(filter(None, (pause["scope"], pause.get("subject"))))
        why = f": {pause['reason']}" if pause.get("reason") else ""
        lines.append(f"Paused since {clock(pause['since'], screen.now)}: {what}{why}")
    return "\n".join([*lines, "What runs goes on."])
