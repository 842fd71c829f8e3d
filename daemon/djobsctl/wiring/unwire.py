"""``remove``: every file that djobs was written into, and what becomes of it."""

from collections import defaultdict

from djobs_setup import files
from djobs_setup.editing.result import CannotEdit
from djobs_setup.inspecting import inspect
from djobs_setup.ledger import Change, Ledger
from djobs_setup.machine import Machine
from djobs_setup.removing import Entry, Removal, plan_removal


def removals(machine: Machine, ledger: Ledger, names: list[str]) -> list[Removal]:
    """Return a removal for each file that has something of djobs, or that djobs changed.

    With ``names`` only what was written for those agents; a file that several share is one.
    """
    changes: dict[str, dict[int, Change]] = defaultdict(dict)
    for number, change in ledger.changes().items():
        if not names or not set(names).isdisjoint(change.hosts):
            changes[change.path][number] = change
    entries: dict[str, list[Entry]] = defaultdict(list)
    for wired in inspect(machine):
        known = {change.at for change in changes[wired.path].values()}
        if wired.ours and wired.at not in known and (not names or wired.host.name in names):
            entries[wired.path].append(
                Entry(wired.host.name, wired.place.kind, wired.at, wired.place.lock)
            )
    paths = [path for path in (*changes, *entries) if changes[path] or entries[path]]
    return [_removal(path, changes[path], entries[path], ledger) for path in dict.fromkeys(paths)]


def _removal(
    path: str, changes: dict[int, Change], entries: list[Entry], ledger: Ledger
) -> Removal:
    try:
        before = files.read(path)
    except CannotEdit as refused:
        hosts = dict.fromkeys(host for change in changes.values() for host in change.hosts)
        return Removal(path, tuple(hosts), None, reason=str(refused))
    return plan_removal(before, changes, entries, ledger.original)
