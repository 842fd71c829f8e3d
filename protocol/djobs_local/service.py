"""Which service manager owns the daemon of a state folder, if one does (R32).

``djobsctl service install`` leaves the record. It counts for as long as the file exists in which
the manager has the daemon entered; so who removes that file by hand needs nothing else.
"""

import os

from djobs_local.records import read_record, remove_record, text, write_record
from djobs_protocol.endpoint import SERVICE_RECORD, state_file

SYSTEMD, LAUNCHD, TASK_SCHEDULER = "systemd", "launchd", "task-scheduler"
MANAGERS = (SYSTEMD, LAUNCHD, TASK_SCHEDULER)


class Service:
    """An entry with a service manager: under which name, written in which file."""

    __slots__ = ("file", "manager", "name")

    def __init__(self, manager: str, name: str, file: str) -> None:
        self.manager = manager
        self.name = name
        self.file = file


def read_service(state: str) -> Service | None:
    """Return the entry in force, or None."""
    recorded = recorded_service(state)
    return recorded if recorded is not None and os.path.isfile(recorded.file) else None


def recorded_service(state: str) -> Service | None:
    """Return the entry that was made once, also when its file is gone."""
    record = read_record(state_file(state, SERVICE_RECORD))
    found = Service(text(record, "manager"), text(record, "name"), text(record, "file"))
    whole = found.manager in MANAGERS and found.name and os.path.isabs(found.file)
    return found if whole else None


def write_service(state: str, service: Service) -> None:
    """Note the entry; from now on clients ask its manager for the daemon."""
    names = ("manager", "name", "file")
    record = {"schema": 1, **{name: getattr(service, name) for name in names}}
    write_record(state_file(state, SERVICE_RECORD), record)


def remove_service(state: str) -> None:
    """Forget the entry; from now on clients start the daemon themselves."""
    remove_record(state_file(state, SERVICE_RECORD))
