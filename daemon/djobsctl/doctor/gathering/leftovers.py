"""Looking at what processes left in a home."""

import os

from djobs_local import locks, records, run_folder
from djobs_local.traces import stale_record
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.leftovers import TROUBLES, Frozen, Leftovers, look
from djobsctl.doctor.files import Seen, see
from djobsctl.doctor.place import Place

RECORDS = (
    endpoint.ENDPOINT_RECORD,
    endpoint.START_RECORD,
    endpoint.STOP_MARK,
    endpoint.DAMAGE_RECORD,
)
LOCKS = (endpoint.SPAWN_LOCK, endpoint.COMMAND_LOCK)
TEMPORARY = ".tmp"
RUNS_BYTES_MAX_DEFAULT = 2 * 1024**3


def gather(place: Place) -> Leftovers:
    """Look at records, temporary files, locks and the folders of runs."""
    home, chosen = place.home, place.settings
    running, ended, taken = _runs(os.path.join(home, "runs"))
    return Leftovers(
        now_ms=place.now_ms,
        lives=place.lives,
        stale_record="" if place.lives else stale_record(home),
        garbage=tuple(_garbage(home)),
        temporary=tuple(_temporary(home)),
        frozen=tuple(_frozen(home)),
        running=running,
        ended=ended,
        runs_bytes=taken,
        runs_bytes_max=RUNS_BYTES_MAX_DEFAULT
        if isinstance(chosen, DjobsError)
        else chosen.runs_bytes_max,
    )


def _garbage(home: str) -> list[Seen]:
    """Return the records that say nothing."""
    there = [see(endpoint.state_file(home, name)) for name in RECORDS]
    return [
        each
        for each in there
        if each is not None and each.kind == "file" and records.read_record(each.path) is None
    ]


def _temporary(home: str) -> list[Seen]:
    names = [name for name in _names(home) if name.endswith(TEMPORARY)]
    there = [see(os.path.join(home, name)) for name in names]
    return [each for each in there if each is not None and each.kind == "file"]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _frozen(home: str) -> list[Frozen]:
    found = []
    for name in LOCKS:
        path = endpoint.state_file(home, name)
        pid = locks.holder_pid(path) if locks.is_held(path) else None
        if pid is not None and _stands_still(pid):
            found.append(Frozen(path, pid))
    return found


def _stands_still(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b")")[2].split()[:1]
    except OSError:
        return False
    return state == [b"T"]


def _runs(root: str) -> tuple[int, int, int]:
    """Return how many runs go on, how many ended untold, and how many bytes all of them take.

    A run whose order was emptied was recorded as ended by a daemon.
    """
    running, ended, taken = 0, 0, 0
    for name in _names(root):
        folder = os.path.join(root, name)
        if locks.is_held(os.path.join(folder, run_folder.LOCK)):
            running += 1
        elif _is_untold(folder):
            ended += 1
        taken += _bytes_in(folder)
    return running, ended, taken


def _is_untold(folder: str) -> bool:
    order = see(os.path.join(folder, run_folder.ORDER))
    started = see(os.path.join(folder, run_folder.STARTED))
    return order is not None and started is not None and order.size > 0


def _bytes_in(folder: str) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
    except OSError:
        return 0


CHECK = Check("leftovers", "Leftovers", TROUBLES, gather, look)
