"""Which hosts there are, and which of its files a host reads."""

import os
import shutil
from dataclasses import dataclass

from djobs_setup.hosts import HOSTS, Host, Place, Scope
from djobs_setup.machine import Machine


@dataclass(frozen=True)
class Found:
    """A host, and what says that it is there."""

    host: Host
    sign: str


def find(machine: Machine, scope: Scope) -> list[Found]:
    """Return the hosts that are on the machine, in the table's order.

    For the scope ``project`` also those that somebody uses in the project, and only those that
    read a project's files.
    """
    found = []
    for host in HOSTS:
        sign = sign_of(host, machine)
        if scope == "project":
            sign = None if host.project is None else sign or project_sign(host, machine)
        if sign is not None:
            found.append(Found(host, sign))
    return found


def sign_of(host: Host, machine: Machine) -> str | None:
    """Return what shows that a host is on the machine; None when nothing does."""
    path = machine.environ.get("PATH", os.defpath)
    for program in host.programs:
        if (where := shutil.which(program, path=path)) is not None:
            return machine.shown(where)
    for template in host.folders:
        folder = machine.expand(template, own_folder(host, machine))
        if os.path.exists(folder):
            return machine.shown(folder)
    return None


def project_sign(host: Host, machine: Machine) -> str | None:
    """Return what shows that somebody uses a host in the project; None when nothing does."""
    for name in host.project_files:
        if os.path.exists(os.path.join(machine.project, name)):
            return f"./{name}"
    return None


def own_folder(host: Host, machine: Machine) -> str:
    """Return the folder that the host keeps its own files in, where its variable says."""
    variable, template = host.own
    return machine.environ.get(variable) or machine.expand(template)


def place_of(host: Host, scope: Scope) -> Place | None:
    """Return where the host reads servers of a scope; None when it does not."""
    return host.user if scope == "user" else host.project


def file_of(host: Host, place: Place, machine: Machine) -> str:
    """Return the file that a place is now: one that exists, else one whose folder does."""
    own = own_folder(host, machine)
    files = [machine.expand(template, own) for template in place.files]
    for test in (os.path.lexists, lambda path: os.path.isdir(os.path.dirname(path))):
        for path in files:
            if test(path):
                return path
    return files[0]
