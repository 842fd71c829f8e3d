"""What should be in which file, before anybody has looked at the files. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from djobs_setup import approving
from djobs_setup.editing.result import Path
from djobs_setup.finding import file_of, own_folder, place_of
from djobs_setup.hosts import SERVER, Host, Scope
from djobs_setup.machine import Machine

Kind = Literal["json", "toml", "items", "block"]
"""A member, a table, items of a list, a block of Markdown."""


@dataclass(frozen=True)
class Wish:
    """One thing that one file should have."""

    hosts: tuple[str, ...]
    """Names of those that read it there."""
    scope: Scope
    path: str
    kind: Kind
    at: Path
    """Where in the file; of a block its name."""
    value: Any
    lock: bool = False
    force: bool = False
    """Also replace a command that could be right elsewhere, as one by name."""


def server_wishes(
    hosts: Iterable[Host],
    scope: Scope,
    machine: Machine,
    command: list[str],
    env: Mapping[str, str],
    approve: str | None = None,
) -> list[Wish]:
    """Return what wires the hosts: one wish for those that read the same member of a file."""
    wishes: dict[tuple[str, Path], Wish] = {}
    for host in hosts:
        for wish in _of_host(host, scope, machine, command, env, approve):
            key = (wish.path, wish.at)
            if key in wishes:
                wish = replace(wishes[key], hosts=(*wishes[key].hosts, host.name))
            wishes[key] = wish
    return list(wishes.values())


def _of_host(
    host: Host,
    scope: Scope,
    machine: Machine,
    command: list[str],
    env: Mapping[str, str],
    approve: str | None,
) -> list[Wish]:
    place = place_of(host, scope)
    if place is None:
        return []
    path = file_of(host, place, machine)
    entry = {**place.shape(command, env), **approving.in_entry(host, approve)}
    at = (*place.at, SERVER)
    wishes = [Wish((host.name,), scope, path, place.kind, at, entry, place.lock)]
    if rules := approving.rules(host, approve):
        settings = machine.expand(_settings(scope), own_folder(host, machine))
        if scope == "user" and "CLAUDE_CONFIG_DIR" not in machine.environ:
            settings = machine.expand("{home}/.claude/settings.json")
        wishes.append(Wish((host.name,), scope, settings, "items", ("permissions", "allow"), rules))
    return wishes


def _settings(scope: Scope) -> str:
    """Return Claude Code's own settings; what a project's people share is not where rules go."""
    return "{own}/settings.json" if scope == "user" else "{project}/.claude/settings.local.json"
