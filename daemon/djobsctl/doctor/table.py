"""The checks there are, in the order in which they are told."""

from typing import Any, Final

from djobsctl.doctor.check import Check
from djobsctl.doctor.gathering import (
    address,
    backups,
    clock,
    daemon,
    database,
    disk,
    environment,
    folders,
    guests,
    interpreter,
    leftovers,
    providers,
    sandbox,
    service,
    settings,
    shim,
    versions,
    wiring,
)

CHECKS: Final[tuple[Check[Any], ...]] = (
    environment.CHECK,
    interpreter.CHECK,
    shim.CHECK,
    wiring.CHECK,
    guests.CHECK,
    versions.CHECK,
    folders.CHECK,
    disk.CHECK,
    address.CHECK,
    settings.CHECK,
    daemon.CHECK,
    service.CHECK,
    database.CHECK,
    backups.CHECK,
    leftovers.CHECK,
    sandbox.CHECK,
    providers.CHECK,
    clock.CHECK,
)
