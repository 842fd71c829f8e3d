"""The checks there are, in the order in which they are told.

The check ``disk`` is ``CHECK`` of ``djobsctl.doctor.gathering.disk``, and so on. Only those that
run are imported: together they take a quarter of a second.
"""

from importlib import import_module
from typing import Any, Final

from djobsctl.doctor.check import Check

NAMES: Final = (
    "environment",
    "interpreter",
    "shim",
    "wiring",
    "guests",
    "versions",
    "folders",
    "disk",
    "address",
    "settings",
    "daemon",
    "service",
    "database",
    "backups",
    "leftovers",
    "sandbox",
    "providers",
    "clock",
)


def check_of(name: str) -> Check[Any]:
    """Return the check of a name."""
    check: Check[Any] = import_module(f"djobsctl.doctor.gathering.{name}").CHECK
    return check


def all_checks() -> list[Check[Any]]:
    """Return every check."""
    return [check_of(name) for name in NAMES]
