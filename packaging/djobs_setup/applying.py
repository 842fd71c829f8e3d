"""Doing what a plan says: the original kept first, then the file replaced."""

import contextlib
from collections.abc import Iterable

from djobs_setup import files
from djobs_setup.editing.result import CannotEdit, Undo
from djobs_setup.ledger import Change, Ledger, digest
from djobs_setup.plan import Step, Verdict, decide
from djobs_setup.wishes import Wish


def plan_all(wishes: Iterable[Wish]) -> list[Step]:
    """Look at every file and return a step for each wish; two in one file build on each other."""
    steps: list[Step] = []
    now: dict[str, files.FileNow] = {}
    for wish in wishes:
        try:
            before = now.get(wish.path) or files.read(wish.path, _mode(wish))
        except CannotEdit as refused:
            steps.append(Step(wish, Verdict.REFUSED, reason=str(refused)))
            continue
        step = decide(wish, before)
        if step.after is not None:
            now[wish.path] = files.FileNow(before.path, before.target, step.after, before.mode)
        steps.append(step)
    return steps


def _mode(wish: Wish) -> int:
    return files.PRIVATE_MODE if wish.scope == "user" else files.shared_mode()


def apply(step: Step, ledger: Ledger, made_at: str) -> None:
    """Write the file of a step that has something to write, and remember what was there.

    ``CannotEdit`` or ``OSError`` when it could not be written; then nothing has changed.
    """
    before = step.before
    assert before is not None
    assert step.after is not None
    lock = files.host_lock(step.wish.path) if step.wish.lock else contextlib.nullcontext()
    with lock:
        older = _older(step.wish, ledger)
        change, original = _change(step, before, step.after, older, ledger, made_at)
        number = ledger.add(change, original)
        try:
            files.replace(before, step.after)
        except BaseException:
            ledger.forget([number])
            raise
        ledger.forget([older[0]] if older else [])


def _older(wish: Wish, ledger: Ledger) -> tuple[int, Change] | None:
    """Return the change of the same thing that stands already."""
    if wish.kind == "items":
        return None
    for number, change in ledger.changes().items():
        if (change.path, change.at) == (wish.path, wish.at):
            return number, change
    return None


def _change(
    step: Step,
    before: files.FileNow,
    after: bytes,
    older: tuple[int, Change] | None,
    ledger: Ledger,
    made_at: str,
) -> tuple[Change, bytes | None]:
    """Return what to write down, and the original: of two changes of one thing, the first one's."""
    original, exact, undo = before.content, True, step.undo or Undo(step.wish.at)
    folders = tuple(files.missing_folders(before.target.rpartition("/")[0]))
    if older is not None:
        number, first = older
        undo, folders = first.undo, first.folders
        exact = first.exact and original is not None and digest(original) == first.after
        if exact:
            original = ledger.original(number)
            exact = (original is None) == (first.before is None)
    wish = step.wish
    change = Change(
        hosts=wish.hosts,
        scope=wish.scope,
        path=wish.path,
        kind=wish.kind,
        at=wish.at,
        value=wish.value,
        undo=undo,
        before=None if original is None else digest(original),
        after=digest(after),
        exact=exact,
        mode=before.mode,
        folders=folders,
        lock=wish.lock,
        made_at=made_at,
    )
    return change, original
