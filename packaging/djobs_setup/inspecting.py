"""Which hosts have djobs now, by their own files."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from djobs_setup.editing.result import CannotEdit, Path
from djobs_setup.editors import EDITORS
from djobs_setup.files import read
from djobs_setup.finding import file_of, place_of
from djobs_setup.hosts import BY_NAME, HOSTS, SCOPES, SERVER, Host, Place, Scope
from djobs_setup.ledger import Change
from djobs_setup.machine import Machine
from djobs_setup.shapes import command_of, environment_of, is_ours


@dataclass(frozen=True)
class Wired:
    """A server called djobs in a host's file."""

    host: Host
    scope: Scope
    path: str
    place: Place
    entry: object = None
    problem: str = ""
    """Why the file could not be read; fits behind its name."""

    @property
    def at(self) -> Path:
        """Where in the file."""
        return (*self.place.at, SERVER)

    @property
    def ours(self) -> bool:
        """Whether it starts djobs' shim, of this installation or another."""
        return is_ours(self.entry)

    @property
    def command(self) -> list[str]:
        """What the host starts."""
        return command_of(self.entry) or []

    @property
    def env(self) -> dict[str, str]:
        """What the host adds to its environment."""
        return environment_of(self.entry)


def inspect(machine: Machine, changes: Iterable[Change] = ()) -> list[Wired]:
    """Return the entries in all files that hosts read here, and in those that djobs changed.

    A file that hosts share is told of once. One that is there and cannot be read is told of with
    its ``problem``.
    """
    places = [
        (host, scope, file_of(host, place, machine), place)
        for host in HOSTS
        for scope in SCOPES
        if (place := place_of(host, scope)) is not None
    ]
    for change in changes:
        changed_host = BY_NAME.get(change.hosts[0]) if change.hosts else None
        place = None if changed_host is None else place_of(changed_host, change.scope)
        if changed_host is not None and place is not None and change.at == (*place.at, SERVER):
            places.append((changed_host, change.scope, change.path, place))
    found: dict[tuple[str, Path], Wired] = {}
    for host, scope, path, place in places:
        wired = _look(host, scope, path, place)
        if wired is not None:
            found.setdefault((path, place.at), wired)
    return list(found.values())


def _look(host: Host, scope: Scope, path: str, place: Place) -> Wired | None:
    if not os.path.lexists(path):
        return None
    try:
        content = read(path).content or b""
        entry = EDITORS[place.kind].get(content, (*place.at, SERVER))
    except CannotEdit as refused:
        return Wired(host, scope, path, place, problem=str(refused))
    return None if entry is None else Wired(host, scope, path, place, entry)
