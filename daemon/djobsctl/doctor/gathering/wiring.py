"""Looking into the agents' own files, and starting what they are told to start."""

import os
import shutil
import subprocess
import sys

from djobs_setup.command import PORTABLE, shim_file
from djobs_setup.editing.result import CannotEdit
from djobs_setup.editors import EDITORS
from djobs_setup.files import read
from djobs_setup.finding import find
from djobs_setup.hosts import SERVER
from djobs_setup.inspecting import Wired, inspect
from djobs_setup.ledger import Ledger
from djobs_setup.machine import Machine, this_machine
from djobs_setup.probing import probe
from djobs_setup.shapes import is_ours
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.wiring import TROUBLES, Entry, Wiring, look
from djobsctl.doctor.place import Place
from djobsctl.doctor.programs import VERSION_SECONDS, ask_version
from djobsctl.wiring.choosing import project_around


def gather(place: Place) -> Wiring:
    """Look at every file that an agent here reads servers from."""
    machine = this_machine(sys.platform, place.environ, project_around(place.folder))
    there = inspect(machine, Ledger(place.home).changes().values())
    answers: dict[tuple[str, ...], str] = {}
    return Wiring(
        home=place.home,
        entries=tuple(_entry(each, place, machine, answers) for each in there),
        hosts=tuple(each.host.title for each in find(machine, "user")),
    )


def _entry(
    wired: Wired, place: Place, machine: Machine, answers: dict[tuple[str, ...], str]
) -> Entry:
    command = tuple(wired.command)
    missing = _missing(command, place) if wired.ours else ""
    if wired.ours and not missing and command not in answers:
        answers[command] = _failure(command, wired.env, place)
    return Entry(
        host=wired.host.name,
        title=wired.host.title,
        scope=wired.scope,
        path=machine.shown(wired.path),
        problem=wired.problem,
        ours=wired.ours,
        command=command,
        missing=missing,
        failure=answers.get(command, ""),
        own=command[-1:] in (("djobs-mcp",), (shim_file(),)),
        home=os.path.realpath(wired.env["DJOBS_HOME"]) if "DJOBS_HOME" in wired.env else "",
        required=_required(wired),
        doubles=() if wired.problem else _doubles(wired),
    )


def _missing(command: tuple[str, ...], place: Place) -> str:
    """Return the part of a command that is not there: the program, or a file it is given."""
    program, *rest = command
    found = shutil.which(program, path=place.environ.get("PATH"))
    if found is None:
        return f"{program} (not on your PATH)" if program == PORTABLE else program
    files = [word for word in rest if os.path.isabs(word) and word.endswith(".py")]
    return next((each for each in files if not os.path.isfile(each)), "")


def _failure(command: tuple[str, ...], env: dict[str, str], place: Place) -> str:
    """Start it as the agent would, though it may not start a daemon; return what went wrong.

    Where a daemon serves it is asked what an agent asks first, else only for its version.
    """
    environ = {**place.environ, **env, "DJOBS_NO_SPAWN": "1"}
    if place.daemon is not None and environ.get("DJOBS_HOME", place.home) == place.home:
        return probe(command, environ).problem
    return _version_failure(command, environ)


def _version_failure(command: tuple[str, ...], environ: dict[str, str]) -> str:
    try:
        status, said = ask_version(command, environ, "/")
    except subprocess.TimeoutExpired:
        return f"It did not answer within {VERSION_SECONDS:g} s."
    except OSError as error:
        return f"It could not be started: {error.strerror}."
    last = f": {said}" if said else "."
    return f"It ended with status {status}{last}" if status else ""


def _required(wired: Wired) -> bool | None:
    if wired.host.name != "codex" or not isinstance(wired.entry, dict):
        return None
    return "required" in wired.entry


def _doubles(wired: Wired) -> tuple[str, ...]:
    """Return the other names under which the same file starts djobs."""
    try:
        servers = EDITORS[wired.place.kind].get(read(wired.path).content or b"", wired.place.at)
    except CannotEdit:
        return ()
    if not isinstance(servers, dict):
        return ()
    return tuple(name for name, entry in servers.items() if name != SERVER and is_ours(entry))


CHECK = Check("wiring", "Agents", TROUBLES, gather, look)
