"""Steps and removals as plain values for ``--json`` and for people."""

from collections.abc import Iterable
from typing import Any

from djobs_setup.finding import Found
from djobs_setup.hosts import BY_NAME
from djobs_setup.machine import Machine
from djobs_setup.plan import Step, Verdict, diff
from djobs_setup.removing import Removal


def files_of(steps: Iterable[Step], machine: Machine) -> list[dict[str, Any]]:
    """Return what becomes of each file."""
    return [
        {
            "path": step.wish.path,
            "shown": machine.shown(step.wish.path),
            "hosts": list(step.wish.hosts),
            "what": "approvals" if step.wish.kind == "items" else "server",
            "verdict": str(step.verdict),
            "reason": step.reason,
            "diff": _diff(step, machine),
        }
        for step in steps
    ]


def _diff(step: Step, machine: Machine) -> list[str]:
    if step.before is None or step.after is None:
        return []
    return diff(step.before.content, step.after, machine.shown(step.wish.path))


def agents_of(found: Iterable[Found]) -> list[dict[str, Any]]:
    """Return which agents are meant, and what shows that they are there."""
    return [{"name": each.host.name, "title": each.host.title, "sign": each.sign} for each in found]


def removals_of(removals: Iterable[Removal], machine: Machine) -> list[dict[str, Any]]:
    """Return what becomes of each file that djobs is taken out of."""
    return [
        {
            "path": each.path,
            "shown": machine.shown(each.path),
            "hosts": list(each.hosts),
            "verdict": _verdict(each),
            "exact": each.exact,
            "reason": each.reason,
            "diff": diff(each.before.content, each.after, machine.shown(each.path))
            if each.before is not None and each.changes_file
            else [],
        }
        for each in removals
    ]


def _verdict(removal: Removal) -> str:
    if removal.reason:
        return str(Verdict.REFUSED)
    if not removal.changes_file:
        return "gone"
    return "delete" if removal.after is None else "restore" if removal.exact else "edit"


def titles(names: Iterable[str]) -> str:
    """Return agents as a person calls them."""
    shown = [BY_NAME[name].title if name in BY_NAME else name for name in names]
    return ", ".join(dict.fromkeys(shown))
