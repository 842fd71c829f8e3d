"""``djobsctl apply ID``: write what an agent changed into the job's workspace."""

import shutil
import sys

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.daemon import session
from djobsctl.options import job_id
from djobsctl.outcome import Outcome
from djobsctl.present.text import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help="a job that an agent did")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--show", action="store_true", help="print the diff, and apply nothing")
    only.add_argument(
        "--dry-run", action="store_true", help="say whether it could be applied, and stop there"
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    action = "show" if args.show else "check" if args.dry_run else "apply"
    with session(talk) as call:
        answer = call("job.apply", {"job_id": args.job_id, "action": action})
    changes: dict[str, Any] = {"applied": False, **answer}
    if args.show and not talk.as_json:
        print_diff(changes["diff_path"])
        return Outcome({}, streamed=True)
    return Outcome({"action": action, "changes": changes})


def print_diff(path: str) -> None:
    """Print a diff as it is, for ``git apply`` or a pager."""
    try:
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except FileNotFoundError:
        raise DjobsError(ErrorCode.JOB_GONE, f"{path} is no longer kept.") from None


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Name the files, and say what became of them."""
    changes = document["changes"]
    files = changes["files"]
    lines = [f"{each['change']:>8}  {each['path']}" for each in files]
    count, where = plural(len(files), "file"), changes["workspace"]
    if not files:
        lines.append(f"{changes['id']} changed nothing.")
    elif changes["applied"]:
        lines.append(f"Applied: {count} in {where}.")
    elif document["action"] == "check":
        lines.append(f"Nothing is in the way of {count} in {where}.")
    else:
        lines.append(f"{where} has it all already.")
    return "\n".join(lines)
