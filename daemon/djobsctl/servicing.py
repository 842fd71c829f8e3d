"""Handing the daemon's life to the service manager, and back (R32)."""

import os
import sys
import time
from typing import Any

from djobs_local import service, service_manager
from djobs_local.folders import prepare_state, refuse_real_home
from djobs_local.presence import Kind, Presence, look
from djobs_local.records import text
from djobs_local.service import Service
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_service.finding import target_of
from djobs_service.plan import Plan, Target, plan
from djobsctl import service_files
from djobsctl.starting import start_in_turn
from djobsctl.stopping import STOP_SECONDS_DEFAULT, stop_in_turn
from djobsctl.talk import Talk
from djobsctl.turn import turn

MANAGED_OWNERS = ("service", "launchd", "task")
"""What a daemon says of its owner when a service manager started it."""
COMMAND_SECONDS = 20.0
"""For a manager's command that makes or removes an entry."""
BETWEEN_SECONDS = 5.0
"""As in ``restart``: the mark that keeps clients waiting passes by itself."""


def target() -> Target:
    """Return what is installed here; ``NOT_SUPPORTED`` where nothing could own the daemon."""
    from djobs_protocol.endpoint import state_dir

    return target_of(state_dir(), os.environ)


def install(aim: Target, talk: Talk, *, start: bool, linger: bool) -> dict[str, Any]:
    """Enter the daemon with the manager, then let it have the daemon that runs.

    ``start=False`` leaves that to the next client or login. Jobs that run are not touched.
    """
    _refuse_without_manager(aim)
    refuse_real_home(aim.state)
    made = plan(aim)
    service_files.refuse_strangers(made.files)
    files = [service_files.document(each) for each in made.files]
    changed = any(each["change"] != "same" for each in files)
    prepare_state(aim.state)
    for file in made.files:
        if service_files.differs(file):
            service_files.write(file)
    notes = _tell(aim, made.install, "It counts from the next login on.")
    service.write_service(aim.state, Service(aim.manager, made.name, made.files[0].path))
    if linger:
        notes += _linger()
    began = _take_over(aim.state, talk, anew=changed) if start else None
    return {**described(aim, made, files), "notes": notes, "daemon": began}


def remove(aim: Target, talk: Talk) -> dict[str, Any]:
    """Take the entry back; a daemon that the manager had goes on as one of the clients'."""
    refuse_real_home(aim.state)
    made = plan(aim)
    there = [each for each in made.files if os.path.lexists(each.path)]
    service_files.refuse_strangers(there)
    files = [{"path": each.path, "change": "remove"} for each in there]
    recorded = service.recorded_service(aim.state)
    service.remove_service(aim.state)
    for file in reversed(there):
        service_files.remove(file)
    running = look(aim.state)
    managed = owner_of(running) in MANAGED_OWNERS
    manager = aim.manager != service.SYSTEMD or service_manager.has_user_manager()
    notes = _tell(aim, made.remove, "") if there and manager else []
    began = None
    if running.running and managed:
        began = _take_over(aim.state, talk, anew=True)
    was_there = bool(there) or recorded is not None
    return {
        **described(aim, made, files),
        "notes": notes,
        "daemon": began,
        "was_installed": was_there,
    }


def described(aim: Target, made: Plan, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the documents of all three commands begin with."""
    return {"manager": aim.manager, "name": made.name, "home": aim.state, "files": files}


def owner_of(seen: Presence) -> str:
    """Return who started the daemon that is there, by its own record; empty when unknown."""
    return text(seen.record, "owner")


def _take_over(home: str, talk: Talk, *, anew: bool) -> dict[str, Any] | None:
    """Have whoever owns the daemon now start it; one that somebody else started ends first.

    None when its user stopped it on purpose: then it stays stopped.
    """
    with turn(home):
        seen = look(home)
        if seen.kind is Kind.STOPPED_BY_USER:
            return None
        owned = service.read_service(home) is not None
        if seen.running and (anew or (owner_of(seen) in MANAGED_OWNERS) != owned):
            stop_in_turn(
                home,
                talk,
                "djobsctl service",
                force=False,
                deadline=time.monotonic() + STOP_SECONDS_DEFAULT,
                mark_seconds=STOP_SECONDS_DEFAULT + BETWEEN_SECONDS,
            )
        start_in_turn(home, talk, now=True)
        came = look(home)
    return {"pid": came.pid, "owner": owner_of(came)}


def _tell(aim: Target, commands: tuple[tuple[str, ...], ...], later: str) -> list[str]:
    """Run the manager's commands; return what did not work, which is no reason to stop."""
    if aim.manager == service.SYSTEMD and not service_manager.has_user_manager():
        return [f"No systemd user manager runs here. {later}".strip()]
    notes = []
    for command in commands:
        ran = service_manager.run(command, COMMAND_SECONDS)
        if ran is None or ran[0] != 0:
            said = ran[1] if ran else "no such program"
            notes.append(f"`{' '.join(command)}` failed: {said}")
    return notes


def _linger() -> list[str]:
    """Have the user's manager run without a login, too."""
    ran = service_manager.run(["loginctl", "enable-linger"], COMMAND_SECONDS)
    if ran is not None and ran[0] == 0:
        return []
    return [f"`loginctl enable-linger` failed: {ran[1] if ran else 'no such program'}"]


def _refuse_without_manager(aim: Target) -> None:
    import shutil

    program = {service.SYSTEMD: "systemctl", service.LAUNCHD: "launchctl"}.get(aim.manager)
    if program is None or sys.platform == "win32" or shutil.which(program) is None:
        raise DjobsError(
            ErrorCode.NOT_SUPPORTED,
            f"There is no {aim.manager} here, so nothing that could own the daemon.",
            hint="Nothing is needed: whoever needs the daemon starts it.",
        )
