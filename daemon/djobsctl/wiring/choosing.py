"""The arguments of the commands that wire agents, and what they mean on this machine."""

import argparse
import os
import sys

from djobs_protocol.endpoint import state_dir
from djobs_setup.finding import Found, find, place_of
from djobs_setup.hosts import BY_NAME, HOSTS, SCOPES, Host, Scope
from djobs_setup.machine import Machine, this_machine
from djobsctl.words import UsageError

APPROVALS = ("read-only", "full")


def add_asking(parser: argparse.ArgumentParser) -> None:
    """Add how to go on after what would change was shown."""
    parser.add_argument("--yes", action="store_true", help="change it without asking")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")


def add_host(parser: argparse.ArgumentParser) -> None:
    """Add which agents are meant."""
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="only this agent, found or not; again for more: "
        + ", ".join(host.name for host in HOSTS),
    )


def add_wiring(parser: argparse.ArgumentParser) -> None:
    """Add where agents are told of djobs, and how."""
    parser.add_argument(
        "--scope",
        choices=SCOPES,
        default="user",
        help="user: in all your projects (the default); project: in the files of this one",
    )
    parser.add_argument(
        "--portable",
        action="store_true",
        help="register `djobs-mcp` by name, for files that other machines share",
    )
    parser.add_argument(
        "--approve",
        choices=APPROVALS,
        help="have the agent not ask before it uses djobs' tools that change nothing (read-only), "
        "or any of them (full: also those that have the daemon run commands); "
        "where the agent has a setting for it",
    )


def machine_here() -> Machine:
    """Return this machine, and the project around the current folder."""
    return this_machine(sys.platform, os.environ, project_around(os.getcwd()))


def project_around(folder: str) -> str:
    """Return the nearest folder upwards that git knows; without one the folder itself."""
    at = folder
    while not os.path.exists(os.path.join(at, ".git")):
        if (above := os.path.dirname(at)) == at:
            return folder
        at = above
    return at


def chosen(names: list[str], scope: Scope, machine: Machine) -> list[Found]:
    """Return the hosts that are named, or else those that are found."""
    if not names:
        return find(machine, scope)
    return [Found(_named(name, scope), "named") for name in dict.fromkeys(names)]


def _named(name: str, scope: Scope) -> Host:
    host = BY_NAME.get(name)
    if host is None:
        known = ", ".join(BY_NAME)
        raise UsageError(f"There is no agent {name!r} in djobs' table; there are {known}.")
    if scope == "project" and place_of(host, "project") is None:
        raise UsageError(
            f"{host.title} reads no servers from a project's files; leave --scope out."
        )
    return host


def needed_environment() -> dict[str, str]:
    """Return what a server must be given to find this daemon: hosts pass on few variables."""
    return {"DJOBS_HOME": state_dir()} if os.environ.get("DJOBS_HOME") else {}
