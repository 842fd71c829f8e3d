"""All broken set-ups in one table."""

from typing import Final

from tests.doctor.setup import Setup
from tests.doctor.setups import (
    daemons,
    data,
    files,
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
    *files.SETUPS,
    *daemons.SETUPS,
    *services.SETUPS,
    *settings.SETUPS,
    *data.SETUPS,
    *remains.SETUPS,
    *work.SETUPS,
)
