"""Limits of the kernel for commands: what the config file says, and which of them ended one."""

import signal
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from djobs_daemon.executors.ending import Settlement
from djobs_daemon.executors.orders import Limits
from djobs_daemon.executors.results import End, Result
from djobs_daemon.executors.settling import SIGNAL_BASE
from djobs_protocol.errors import DjobsError, ErrorCode

TABLE: Final = "limits"
_MAY_BE_ZERO: Final = ("core_bytes",)
_KILLED_AFTER_SECONDS: Final = 4
"""Whoever ignores SIGXCPU is killed five seconds of processor time later, measured a bit short."""


def limits_of(given: Mapping[str, Any], where: str, otherwise: Limits | None = None) -> Limits:
    """Return the limits of a table over those that count where it says nothing.

    ``CONFIG_INVALID`` names the table, ``where``, and what is wrong in it.
    """
    known = Limits.__struct_fields__
    unknown = sorted(set(given) - set(known))
    if unknown:
        expected = ", ".join(known)
        raise _invalid(f"{where}: unknown field `{unknown[0]}`; expected {expected}.")
    for name, value in given.items():
        least = 0 if name in _MAY_BE_ZERO else 1
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise _invalid(
                f"{where}: {name} is {value!r}; expected a whole number from {least} on."
            )
    return msgspec.structs.replace(otherwise or Limits(), **given)


def reached(limits: Limits, result: Result | None) -> str | None:
    """Return the name of the limit that ended a command, as far as its end tells.

    What memory or processes were refused, the command itself was told, and only it knows.
    """
    if result is None or result.end is not End.EXITED:
        return None
    number = _signal_of(result)
    cpu_ms = result.cpu_user_ms + result.cpu_system_ms
    if limits.file_bytes is not None and number == signal.SIGXFSZ:
        return "file_bytes"
    if limits.cpu_seconds is None:
        return None
    ignored_it = cpu_ms >= (limits.cpu_seconds + _KILLED_AFTER_SECONDS) * 1000
    if number == signal.SIGXCPU or (number == signal.SIGKILL and ignored_it):
        return "cpu_seconds"
    return None


def with_limit(settlement: Settlement, limits: Limits, result: Result | None) -> Settlement:
    """Return the settlement of a command that says which limit ended it, where that is known."""
    name = reached(limits, result)
    if name is None or "last_error" not in settlement.changes:
        return settlement
    said = f"Its limit {name} = {getattr(limits, name)} was reached. "
    error = said + settlement.changes["last_error"]
    return settlement._replace(note=error, changes=settlement.changes | {"last_error": error})


def _signal_of(result: Result) -> int | None:
    """Return the signal that ended a command, or a child of which its shell tells."""
    if result.signal is not None:
        return result.signal
    code = result.exit_code or 0
    return code - SIGNAL_BASE if code > SIGNAL_BASE else None


def _invalid(message: str) -> DjobsError:
    return DjobsError(ErrorCode.CONFIG_INVALID, message)
