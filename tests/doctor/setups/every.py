"""All broken set-ups in one table."""

from typing import Final

from tests.doctor.setup import Setup
from tests.doctor.setups import (
    agents,
    daemons,
    data,
    files,
    guests,
    installation,
    releases,
    remains,
    services,
    settings,
    terminal,
    work,
)

SETUPS: Final[tuple[Setup, ...]] = (
    *terminal.SETUPS,
    *installation.SETUPS,
    *releases.SETUPS,
    *agents.SETUPS,
    *guests.SETUPS,
    *files.SETUPS,
    *daemons.SETUPS,
    *services.SETUPS,
    *settings.SETUPS,
    *data.SETUPS,
    *remains.SETUPS,
    *work.SETUPS,
)
