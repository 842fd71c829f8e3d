"""What it takes to have a service manager own the daemon; pure (R33)."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from djobs_local.service import LAUNCHD, SYSTEMD, TASK_SCHEDULER
from djobs_service import launchd, systemd, windows


class Target(NamedTuple):
    """Where, for whom and what: all that a service file depends on."""

    manager: str
    """One of ``djobs_local.service.MANAGERS``."""
    state: str
    default: bool
    """Whether ``state`` is where the account's daemon lives without ``DJOBS_HOME``."""
    daemon: str
    """The absolute path of ``djobsd``."""
    folder: str
    """Where the manager looks for its user's files."""
    path: str
    """PATH of whoever installs it: managers have a short one, and commands need the user's."""
    user: str
    uid: int


class File(NamedTuple):
    """A file of the plan, or with ``link`` a symbolic link there."""

    path: str
    content: str
    link: str = ""
    encoding: str = "utf-8"


class Plan(NamedTuple):
    """The entry's name, its files (the first is the entry itself), and what tells the manager."""

    name: str
    files: tuple[File, ...]
    install: tuple[tuple[str, ...], ...]
    remove: tuple[tuple[str, ...], ...]


def plan(target: Target) -> Plan:
    """Return how ``target`` is installed and removed."""
    return _MAKERS[target.manager](target, _name(target))


def _name(target: Target) -> str:
    """Return the entry's name: a home of its own has an entry of its own."""
    stem = {LAUNCHD: "io.djobs.daemon"}.get(target.manager, "djobs")
    if target.default:
        return stem
    digest = hashlib.sha256(target.state.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{stem}-{digest}"


def _environment(target: Target) -> Mapping[str, str]:
    home = {} if target.default else {"DJOBS_HOME": target.state}
    return {"PATH": target.path, **home}


def _systemd(target: Target, name: str) -> Plan:
    unit = f"{name}.service"
    entry = f"{target.folder}/{unit}"
    content = systemd.unit(
        (target.daemon, "--foreground", "--owner", "service"), _environment(target)
    )
    link = File(f"{target.folder}/default.target.wants/{unit}", "", link=f"../{unit}")
    reload = ("systemctl", "--user", "daemon-reload")
    return Plan(unit, (File(entry, content), link), (reload,), (reload,))


def _launchd(target: Target, name: str) -> Plan:
    entry = f"{target.folder}/{name}.plist"
    command = (target.daemon, "--foreground", "--owner", "launchd")
    log = f"{target.state}/logs/launchd.log"
    content = launchd.agent(name, command, _environment(target), log)
    domain = f"gui/{target.uid}"
    return Plan(
        name,
        (File(entry, content),),
        (("launchctl", "bootstrap", domain, entry),),
        (("launchctl", "bootout", f"{domain}/{name}"),),
    )


def _windows(target: Target, name: str) -> Plan:
    entry = f"{target.folder}\\{name}-task.xml"
    arguments = ("--foreground", "--owner", "task", *_home_option(target))
    content = windows.task(name, target.daemon, arguments, target.user)
    return Plan(
        name,
        (File(entry, content, encoding="utf-16"),),
        (("schtasks", "/Create", "/TN", name, "/XML", entry, "/F"),),
        (("schtasks", "/Delete", "/TN", name, "/F"),),
    )


def _home_option(target: Target) -> tuple[str, ...]:
    return () if target.default else ("--home", target.state)


_MAKERS: Final[Mapping[str, Callable[[Target, str], Plan]]] = {
    SYSTEMD: _systemd,
    LAUNCHD: _launchd,
    TASK_SCHEDULER: _windows,
}
