"""Finding all that djobs has put on a machine, and taking it away part by part."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from djobs_local import locks, run_folder, settings
from djobs_local.folders import refuse_real_home
from djobs_local.locks import KernelLock
from djobs_local.presence import GONE_KINDS, look
from djobs_protocol.endpoint import DAEMON_LOCK, socket_path, state_file
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_service.plan import plan
from djobs_setup import guests
from djobs_setup.guests import Change, Kind, Record
from djobs_setup.ledger import Ledger
from djobs_setup.removing import Removal
from djobsctl import servicing
from djobsctl.commands import install_hooks, install_instructions
from djobsctl.guesting import Make
from djobsctl.stopping import STOP_SECONDS_DEFAULT, stop
from djobsctl.talk import Talk
from djobsctl.wiring import choosing
from djobsctl.wiring.doing import undo_all
from djobsctl.wiring.unwire import removals

LOCK_SECONDS = 5.0
"""For the lock of a daemon that is gone; probes hold it for microseconds."""


@dataclass
class Found:
    """What is there, part by part; ``refused`` is what cannot be taken away, and why."""

    home: str
    daemon: int | None = None
    """The pid of the one that runs; 0 when that is not known."""
    service: list[str] = field(default_factory=list)
    guests: dict[Kind, list[Change]] = field(default_factory=dict)
    wiring: list[Removal] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    data: bool = False
    runs: int = 0
    """Commands that still run; they go on, and keep the data from being removed."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to take away but data."""
        parts = (self.service, self.wiring, *self.guests.values())
        return self.daemon is None and not any(parts)


def find(home: str) -> Found:
    """Look at everything; changes nothing."""
    found = Found(home, data=os.path.isdir(home))
    seen = look(home)
    if seen.kind not in GONE_KINDS:
        found.daemon = seen.pid or 0
    made = plan(servicing.target())
    found.service = [each.path for each in made.files if os.path.lexists(each.path)]
    found.guests["hooks"] = _changes(install_hooks.takings(Record(home, "hooks")), found.refused)
    found.guests["instructions"] = _changes(
        install_instructions.takings(Record(home, "instructions")), found.refused
    )
    for each in _wiring(home):
        if each.reason:
            found.refused.append({"path": each.path, "reason": f"{each.path} {each.reason}"})
        else:
            found.wiring.append(each)
    found.runs = len(_living_runs(home))
    return found


def _wiring(home: str) -> list[Removal]:
    return removals(choosing.machine_here(), Ledger(home), [])


def _changes(makers: list[tuple[str, Make]], refused: list[dict[str, str]]) -> list[Change]:
    changes = []
    for path, make in makers:
        change, why = guests.attempt(make, path)
        changes += [change] if change is not None else []
        refused += [why] if why is not None else []
    return changes


def _living_runs(home: str) -> list[str]:
    folder = os.path.join(home, "runs")
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [name for name in names if locks.is_held(os.path.join(folder, name, run_folder.LOCK))]


def take_away(found: Found, talk: Talk, *, data: bool) -> list[dict[str, str]]:
    """Take it away, and with ``data`` the state folder; return what did not go, and why.

    The daemon goes first, so that nothing comes back; one that does not end keeps all as it is.
    """
    refuse_real_home(found.home)
    refused = list(found.refused)
    if found.daemon is not None:
        stop(found.home, talk, force=False, timeout_seconds=STOP_SECONDS_DEFAULT)
    if found.service:
        refused += _tried("service", lambda: _remove_service(talk))
    for kind, changes in found.guests.items():
        for change in changes:
            refused += _tried(change.path, lambda: _take_out(change, found.home, kind))  # noqa: B023
    # Looked at again: hooks and servers may stand in the same file.
    wiring = [each for each in _wiring(found.home) if not each.reason]
    failed = undo_all(wiring) if wiring else {}
    refused += [{"path": path, "reason": f"{path} {why}"} for path, why in failed.items()]
    _sweep(found)
    if data:
        refused += _tried(found.home, lambda: remove_data(found.home))
    return refused


def _remove_service(talk: Talk) -> None:
    servicing.remove(servicing.target(), talk)


def _take_out(change: Change, home: str, kind: Kind) -> None:
    guests.apply(change, Record(home, kind), remove=True)


def _tried(path: str, act: Callable[[], object]) -> list[dict[str, str]]:
    try:
        act()
    except (DjobsError, OSError, ValueError) as error:
        return [{"path": path, "reason": f"{path}: {error}"}]
    return []


def _sweep(found: Found) -> None:
    """Remove files that were made for us and are empty now, whoever wrote into them last."""
    for change in found.guests.get("hooks", []):
        if (change.note or {}).get("created") is not True:
            continue
        try:
            with open(change.path, "rb") as file:
                left = file.read()
        except OSError:
            continue
        if left.strip() in (b"", b"{}"):
            os.unlink(change.path)


def remove_data(home: str) -> None:
    """Remove the state folder. ``DjobsError`` while a daemon or a command of it is alive.

    The daemon's lock is held meanwhile, so that none can begin to use what is being removed.
    """
    if _living_runs(home):
        raise DjobsError(ErrorCode.BUSY, "commands still run there; cancel them first")
    lock = KernelLock.acquire(state_file(home, DAEMON_LOCK), LOCK_SECONDS)
    if lock is None:
        raise DjobsError(ErrorCode.BUSY, "a daemon runs again")
    with lock:
        short = os.path.dirname(socket_path(home))
        shutil.rmtree(home)
        if os.path.dirname(short) != home:
            shutil.rmtree(short, ignore_errors=True)


def left_over(found: Found, *, data: bool) -> list[dict[str, Any]]:
    """Return what stays, and what removes that."""
    left = [{"what": "the program", "how": "`pip uninstall djobs`, or as it was installed"}]
    config = settings.config_path(found.home)
    if os.path.exists(config) and not (data and config.startswith(found.home + os.sep)):
        left.append({"what": f"your settings, {config}", "how": f"rm {config}"})
    if found.data and not data:
        left.append(
            {
                "what": f"the data, {found.home}",
                "how": "`djobsctl uninstall --remove-data`; with it all jobs and backups go",
            }
        )
    return left
