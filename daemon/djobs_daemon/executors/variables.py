"""The variables that a job brings along: which a type takes, and their values when it begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from djobs_daemon.executors.key_file import NAME, read_keys
from djobs_daemon.executors.kinds import Refused
from djobs_daemon.queue.given import variables_of
from djobs_daemon.queue.job_environment import Policy, is_wanted
from djobs_daemon.store.records import JobRow

SHORTEST: Final = 6
"""A secret of fewer bytes is not looked for in output: it would be found everywhere."""


@dataclass(frozen=True)
class VariableRules:
    """Which variables a job of a type may bring along."""

    wanted: Policy | None = None
    """None: any."""
    where: str = ""
    """What to set in config.toml for more; empty where nothing could be."""

    def check(self, names: Iterable[str]) -> None:
        """Raise ``Refused`` naming what the type does not take."""
        if self.wanted is None:
            return
        left = sorted(name for name in names if not is_wanted(name, self.wanted))
        if left:
            more = (
                f"; `env` of {self.where} in config.toml lists what it does" if self.where else ""
            )
            raise Refused(f"This type takes no {', '.join(left)} in env{more}.")


@runtime_checkable
class TakesVariables(Protocol):
    """An executor whose work may be given variables."""

    @property
    def variables(self) -> VariableRules:
        """Return which."""


def own_variables(job: JobRow, home: str) -> dict[str, str]:
    """Return what a job was given, secrets filled in; ``Refused`` when one is not there.

    ``home`` is the daemon's folder, where ``secrets.env`` lies. Blocking where there are secrets.
    """
    known = variables_of(job.env)
    own = {name: value for name, value in known.items() if value is not None}
    missing = sorted(known.keys() - own.keys())
    if not missing:
        return own
    keys = read_keys(home)
    for name in missing:
        if name not in keys:
            raise Refused(f"{name} does not stand in {NAME}; add a line {name}=… to {home}/{NAME}.")
        own[name] = keys[name]
    return own


def secrets_of(job: JobRow, home: str) -> tuple[bytes, ...]:
    """Return the values that a job was given from ``secrets.env``, long ones first."""
    names = [name for name, value in variables_of(job.env).items() if value is None]
    if not names:
        return ()
    try:
        keys = read_keys(home)
    except Refused:  # it could not begin with them either
        return ()
    values = {keys[name].encode() for name in names if name in keys}
    return tuple(sorted((each for each in values if len(each) >= SHORTEST), key=len, reverse=True))


def without_secrets(output: bytes, secrets: Iterable[bytes]) -> bytes:
    """Return output with stars in the place of secrets, as long as before."""
    for each in secrets:
        output = output.replace(each, b"*" * len(each))
    return output
