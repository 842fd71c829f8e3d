"""Looking at the folders of a home, and at who owns what is in them."""

import os

from djobs_local.folders import socket_folders
from djobs_protocol.endpoint import BACKUP_FOLDER, LOG_FOLDER
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.folders import TROUBLES, Folders, look
from djobsctl.doctor.files import Seen, see
from djobsctl.doctor.place import Place

ENTRIES_MAX = 2000
"""More are not looked at one by one: who owns these is likely to own those."""


def gather(place: Place) -> Folders:
    """Look at every folder that djobs makes, and at each entry of the home and its folders."""
    home, user = place.home, os.geteuid()
    names = ("run", LOG_FOLDER, BACKUP_FOLDER, "runs")
    paths = [home, *(os.path.join(home, name) for name in names), *socket_folders(home)]
    folders = _there(list(dict.fromkeys(paths)))
    databases = [place.database + suffix for suffix in ("", "-wal", "-shm")]
    return Folders(
        home=home,
        user=user,
        folders=tuple(folders),
        databases=tuple(each for each in _there(databases) if each.kind == "file"),
        secrets=see(os.path.join(home, "secrets.env")),
        foreign=tuple(_foreign(folders, user)),
    )


def _there(paths: list[str]) -> list[Seen]:
    """Return what is there, but nothing below a folder that may not be entered."""
    found = []
    for path in paths:
        try:
            seen = see(path)
        except PermissionError:
            continue
        if seen is not None:
            found.append(seen)
    return found


def _foreign(folders: list[Seen], user: int) -> list[str]:
    """Return the entries of our own folders that are somebody else's."""
    found = []
    for folder in folders:
        if folder.kind != "folder" or folder.uid != user:
            continue
        try:
            with os.scandir(folder.path) as entries:
                names = [entry.path for entry, _ in zip(entries, range(ENTRIES_MAX), strict=False)]
        except PermissionError:
            continue
        there = [seen for path in names if (seen := see(path)) is not None]
        known = {each.path for each in folders}
        found += [each.path for each in there if each.uid != user and each.path not in known]
    return found


CHECK = Check("folders", "Folders", TROUBLES, gather, look)
