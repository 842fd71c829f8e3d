"""``djobsctl undo ID``: take back what was written into a job's workspace."""

import os
import sys

from djobsctl.daemon import session
from djobsctl.options import job_id
from djobsctl.outcome import Outcome
from djobsctl.present.text import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk

SHOWN_BYTES_MAX = 1024 * 1024


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    parser.add_argument("job_id", metavar="ID", type=job_id, help="a job that wrote files")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--show", action="store_true", help="print a diff, and take nothing back")
    only.add_argument(
        "--dry-run", action="store_true", help="say whether it could be done, and stop there"
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    action = "show" if args.show else "check" if args.dry_run else "undo"
    with session(talk) as call:
        answer = call("job.undo", {"job_id": args.job_id, "action": action})
    changes: dict[str, Any] = {"undone": False, **answer}
    if args.show and not talk.as_json:
        for each in changes["files"]:
            sys.stdout.writelines(diff(changes["workspace"], each))
        return Outcome({}, streamed=True)
    return Outcome({"action": action, "changes": changes})


def diff(workspace: str, file: "dict[str, Any]") -> "Iterator[str]":
    """Yield the lines of a diff from a file as it is to what it becomes."""
    import difflib

    path = file["path"]
    now, then = _text(os.path.join(workspace, path)), _text(file.get("kept_path"))
    if now is None or then is None:
        yield f"{path} would be {file['change']}; it is no text, or a long one.\n"
        return
    old, new = now.splitlines(keepends=True), then.splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _text(path: "str | None") -> "str | None":
    """Return a file as text, what is not there as none; None for what is no text."""
    if path is None:
        return ""
    try:
        with open(path, "rb") as file:
            content = file.read(SHOWN_BYTES_MAX + 1)
        return None if len(content) > SHOWN_BYTES_MAX or b"\0" in content else content.decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        return None


def render(document: "dict[str, Any]", _screen: "Screen") -> str:
    """Name the files, and say what became of them."""
    changes = document["changes"]
    files = changes["files"]
    lines = [f"{each['change']:>8}  {each['path']}" for each in files]
    count, where = plural(len(files), "file"), changes["workspace"]
    if not files:
        lines.append(f"What {changes['id']} wrote was taken back already.")
    elif changes["undone"]:
        lines.append(f"Taken back: {count} in {where}.")
    elif document["action"] == "check":
        lines.append(f"Nothing is in the way of {count} in {where}.")
    else:
        lines.append(f"{where} is as it was before already.")
    return "\n".join(lines)
