"""``djobsctl undo ID``: take back what was written into a job's workspace."""

import os
import sys

from djobsctl import rewriting
from djobsctl.outcome import Outcome

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
    rewriting.add_options(
        parser,
        job="a job that wrote files",
        show="print a diff, and take nothing back",
        dry_run="say whether it could be done, and stop there",
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    document = rewriting.ask(args, talk, "undo", "undone")
    if args.show and not talk.as_json:
        for each in document["changes"]["files"]:
            sys.stdout.writelines(diff(document["changes"]["workspace"], each))
        return Outcome({}, streamed=True)
    return Outcome(document)


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
    nothing = f"What {document['changes']['id']} wrote was taken back already."
    already = "is as it was before already"
    return rewriting.render(document, "undone", nothing, "Taken back", already)
