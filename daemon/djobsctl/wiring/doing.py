"""From steps to files, one at a time: one that cannot be written keeps no other from it."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from djobs_local.folders import ensure_private_folder
from djobs_local.locks import KernelLock
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_setup.applying import apply
from djobs_setup.editing.result import CannotEdit
from djobs_setup.ledger import Ledger
from djobs_setup.plan import Step
from djobs_setup.removing import Removal, remove
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.output import print_text
from djobsctl.present.screen import detect

LOCK = "setup.lock"


def agreed(args: Any, document: dict[str, Any], question: str, render: Callable[..., str]) -> bool:
    """Return whether to go on: ``--yes``, or a person who has seen it and says so."""
    if args.yes:
        return True
    if args.json or sys.stdin is None or not sys.stdin.isatty():
        return False
    print_text(render(document, detect()) + "\n\n")
    document["shown"] = True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def do_all(steps: Iterable[Step]) -> dict[str, str]:
    """Apply the steps that write something; return the reasons of those that failed, by path."""
    ledger, now = Ledger(state_dir()), datetime.now(UTC).isoformat(timespec="seconds")
    with turn():
        return _each((step.wish.path, partial(apply, step, ledger, now)) for step in steps)


def undo_all(removals: Iterable[Removal]) -> dict[str, str]:
    """Carry out removals; return the reasons of those that failed, by path."""
    ledger = Ledger(state_dir())
    with turn():
        return _each((each.path, partial(remove, each, ledger)) for each in removals)


def outcome(document: dict[str, Any], failed: Mapping[str, str]) -> Outcome:
    """Return what was done to the document's files, all but those that failed, by path."""
    document["applied"] = True
    for each in document["files"]:
        if each["path"] in failed:
            each.update(verdict="refused", reason=failed[each["path"]])
    refused = any(each["reason"] for each in document["files"])
    return Outcome(document, EXIT_FALSE if refused else EXIT_OK)


def turn() -> KernelLock:
    """Return the right to change hosts' files; two commands at once would undo each other."""
    home = state_dir()
    ensure_private_folder(home)
    lock = KernelLock.acquire(os.path.join(home, LOCK), wait_seconds=2.0)
    if lock is None:
        raise DjobsError(ErrorCode.BUSY, "Another djobsctl is changing agents' files right now.")
    return lock


def _each(work: Iterable[tuple[str, Callable[[], None]]]) -> dict[str, str]:
    failed: dict[str, str] = {}
    for path, act in work:
        try:
            act()
        except CannotEdit as refused:
            failed[path] = str(refused)
        except OSError as error:
            failed[path] = f"cannot be written: {error.strerror}"
    return failed
