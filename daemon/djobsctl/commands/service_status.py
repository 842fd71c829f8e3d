"""``djobsctl service status``: who keeps the daemon running. Never starts anything."""

import argparse
import os
from typing import Any

from djobs_local import service, service_manager
from djobs_local.presence import Presence, look
from djobs_service.plan import Target, plan
from djobsctl import service_files, servicing
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present.fields import fields
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

LINGER_FOLDER = "/var/lib/systemd/linger"


def options(parser: argparse.ArgumentParser) -> None:
    """Declare no further arguments."""


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Compare the record, the files, the manager's word and the daemon's."""
    aim = servicing.target()
    made = plan(aim)
    recorded = service.read_service(aim.state)
    seen = look(aim.state)
    document = {
        **servicing.described(aim, made, [service_files.document(each) for each in made.files]),
        "installed": recorded is not None,
        "current": recorded is not None and not any(map(service_files.differs, made.files)),
        "unit": _unit(aim, made.name),
        "linger": os.path.exists(os.path.join(LINGER_FOLDER, aim.user)),
        "daemon": {"state": str(seen.kind), "pid": seen.pid, "owner": servicing.owner_of(seen)},
        "owner": _owner(seen),
    }
    return Outcome(document, EXIT_OK if recorded is not None else EXIT_FALSE)


def _owner(seen: Presence) -> str | None:
    """Return ``service`` or ``manual``; None when no daemon runs."""
    if not seen.running:
        return None
    return "service" if servicing.owner_of(seen) in servicing.MANAGED_OWNERS else "manual"


def _unit(aim: Target, name: str) -> dict[str, Any] | None:
    """Return what systemd says of the unit; None when it does not tell."""
    if aim.manager != service.SYSTEMD or not service_manager.has_user_manager():
        return None
    shown = service_manager.show(name)
    return {
        "state": shown.get("ActiveState", "unknown"),
        "result": shown.get("Result", ""),
        "main_pid": int(shown.get("MainPID", "0")) or None,
        "status": shown.get("StatusText", ""),
    }


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return one screen."""
    return fields(
        [
            ("Service", _service(document)),
            ("Manager", _manager(document)),
            ("Daemon", _daemon(document)),
            ("Linger", "yes: also while nobody is logged in" if document["linger"] else ""),
            ("Next", _next(document)),
        ],
        screen,
    )


def _service(document: dict[str, Any]) -> str:
    if not document["installed"]:
        return "none: clients start the daemon when they need it"
    return f"{document['name']} ({document['files'][0]['path']})"


def _manager(document: dict[str, Any]) -> str:
    unit = document["unit"]
    if unit is None:
        return f"{document['manager']}, which does not answer here"
    result = f" ({unit['result']})" if unit["result"] not in ("", "success") else ""
    status = f": {unit['status']}" if unit["status"] else ""
    return f"{document['manager']} says {unit['state']}{result}{status}"


def _daemon(document: dict[str, Any]) -> str:
    daemon, owner = document["daemon"], document["owner"]
    if owner is None:
        return str(daemon["state"])
    whose = "the service's" if owner == "service" else f"started by {daemon['owner'] or 'hand'}"
    return f"{daemon['state']}, pid {daemon['pid']}, {whose}"


def _next(document: dict[str, Any]) -> str:
    if not document["installed"]:
        return "`djobsctl service install` has it kept running from login on."
    if not document["current"]:
        return "The entry is not what this djobs would write; `djobsctl service install` mends it."
    if document["owner"] == "manual" and document["unit"] is not None:
        return "`djobsctl service install` hands the daemon that runs over to the service."
    return ""
