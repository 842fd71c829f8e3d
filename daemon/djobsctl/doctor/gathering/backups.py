"""Looking at the backups, and through the newest one."""

import os

from djobs_local.backups import generations
from djobs_protocol.endpoint import BACKUP_FOLDER, DAEMON_LOCK, state_file
from djobs_protocol.errors import DjobsError
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.backups import TROUBLES, Backups, look
from djobsctl.doctor.files import see
from djobsctl.doctor.gathering.database import READ_BYTES_MAX
from djobsctl.doctor.header import read_header
from djobsctl.doctor.place import Place
from djobsctl.doctor.programs import verify


def gather(place: Place) -> Backups:
    """Look at the folder of backups."""
    made = [
        each for each in generations(state_file(place.home, BACKUP_FOLDER)) if not each.was_replaced
    ]
    newest = made[-1] if made else None
    kept, interval_hours = _rule(place)
    return Backups(
        now_ms=place.now_ms,
        kept=kept,
        interval_hours=interval_hours,
        count=len(made),
        newest=newest.path if newest else "",
        newest_at=int(newest.taken_at.timestamp() * 1000) if newest else 0,
        damage=tuple(_damage(place, newest.path)) if newest else (),
        since=_since(place),
    )


def _rule(place: Place) -> tuple[int, float]:
    """Return how many are kept, and every how many hours one is made."""
    chosen = place.settings
    if isinstance(chosen, DjobsError):
        return 1, 24.0  # what is wrong with them is said elsewhere
    return chosen.backup_generations, chosen.backup_interval_hours


def _since(place: Place) -> int | None:
    """Return since when there is a database: the lock is made with the home, and never written."""
    if not os.path.exists(place.database):
        return None
    lock = see(state_file(place.home, DAEMON_LOCK))
    return lock.changed_ms if lock is not None else place.now_ms


def _damage(place: Place, path: str) -> list[str]:
    header = read_header(path)
    if header is None:
        return ["It is empty."]
    if not header.is_ours:
        return ["It is no database of djobs."]
    if header.is_cut_off:
        return ["Its end is missing."]
    return verify(place, "--file", path) if header.file_bytes <= READ_BYTES_MAX else []


CHECK = Check("backups", "Backups", TROUBLES, gather, look)
