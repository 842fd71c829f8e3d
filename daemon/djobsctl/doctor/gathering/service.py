"""Looking at what the service manager was told."""

import os
import re

from djobs_local import service, service_manager
from djobs_service.finding import target_of
from djobs_service.plan import plan
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.service import TROUBLES, Service, look
from djobsctl.doctor.files import words_of
from djobsctl.doctor.place import Place
from djobsctl.servicing import MANAGED_OWNERS

ENTRY_BYTES_MAX = 64 * 1024
_PROGRAM = re.compile(r"^ExecStart=(.+)$|<array>\s*<string>([^<]+)</string>", re.MULTILINE)
"""The command in a systemd unit, or in a launchd agent."""


def gather(place: Place) -> Service:
    """Compare the home's record, the manager's entry and the daemon's word."""
    recorded = service.recorded_service(place.home)
    target = target_of(place.home, place.environ)
    made = plan(target)
    file = recorded.file if recorded is not None else made.files[0].path
    program = program_in(_content(file))
    return Service(
        recorded=recorded is not None,
        file=file,
        file_is_there=os.path.isfile(file),
        program=program,
        program_is_there=os.path.exists(program),
        own_program=target.daemon,
        has_manager=target.manager != service.SYSTEMD or service_manager.has_user_manager(),
        owner=place.daemon["owner"] if place.daemon else "",
        managed_owners=MANAGED_OWNERS,
    )


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(ENTRY_BYTES_MAX)
    except OSError:
        return ""


def program_in(entry: str) -> str:
    """Return the program that an entry starts; empty when none is recognised."""
    match = _PROGRAM.search(entry)
    if match is None:
        return ""
    if match[2]:
        return match[2]
    words = words_of(match[1].replace("%%", "%").replace("$$", "$"))
    return next((word for word in words if word != "/usr/bin/env"), "")


CHECK = Check("service", "Service", TROUBLES, gather, look)
