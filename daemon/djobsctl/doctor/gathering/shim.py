"""Starting the shim as an editor does, for no longer than it takes to say its version."""

import os
import subprocess

from djobs_protocol.version import VERSION
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.shim import TROUBLES, Shim, look
from djobsctl.doctor.place import Place
from djobsctl.doctor.programs import ask_version


def gather(place: Place) -> Shim:
    """Ask the shim for its version, in the way that is registered with editors."""
    program = shim_beside(place.daemon_folder)
    status, said = _ask(place, program) if program else (None, "")
    return Shim(program, status, said, f"djobs-mcp {VERSION}", place.installed)


def shim_beside(daemon_folder: str) -> str:
    """Return the shim's program in an installation or a checkout; empty when there is none."""
    parts = os.path.dirname(daemon_folder)
    tail = os.path.join("djobs_shim", "__main__.py")
    for folder in (parts, os.path.join(os.path.dirname(parts), "shim")):
        if os.path.isfile(os.path.join(folder, tail)):
            return os.path.join(folder, tail)
    return ""


def _ask(place: Place, program: str) -> tuple[int | None, str]:
    try:
        return ask_version([place.python, "-I", "-S", program], place.environ)
    except subprocess.TimeoutExpired:
        return None, ""


CHECK = Check("shim", "djobs-mcp", TROUBLES, gather, look)
