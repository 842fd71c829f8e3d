"""``djobsctl apply ID``: write what an agent changed into the job's workspace."""

import shutil
import sys

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl import rewriting
from djobsctl.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def options(parser: "argparse.ArgumentParser") -> None:
    """Declare the arguments."""
    rewriting.add_options(
        parser,
        job="a job that an agent did",
        show="print the diff, and apply nothing",
        dry_run="say whether it could be applied, and stop there",
    )


def run(args: "argparse.Namespace", talk: "Talk") -> Outcome:
    """Ask the daemon."""
    document = rewriting.ask(args, talk, "apply", "applied")
    if args.show and not talk.as_json:
        print_diff(document["changes"]["diff_path"])
        return Outcome({}, streamed=True)
    return Outcome(document)


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
    nothing = f"{document['changes']['id']} changed nothing."
    return rewriting.render(document, "applied", nothing, "Applied", "has it all already")
