"""``djobsctl upgrade``: let the daemon that runs become the one that is installed with this."""

import argparse
import time
from typing import Any

from djobs_local import spawn
from djobs_local.call import connect
from djobs_local.installed import installed_build
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.installed import this_installation
from djobsctl.options import add_timeout
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

TIMEOUT_SECONDS_DEFAULT = 60.0
"""The new version is tried before the old one lets go, which takes seconds."""
WAITING = "Trying the installed version, then handing over to it ..."


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--again", action="store_true", help="also when the version that runs is the installed one"
    )
    parser.epilog = "example:\n  pipx upgrade djobs && djobsctl upgrade"
    add_timeout(parser, TIMEOUT_SECONDS_DEFAULT, "how long to wait for the successor to answer")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Ask for the handover, and wait until the successor answers."""
    home, deadline = state_dir(), time.monotonic() + args.timeout
    installed = installed_build()
    try:
        connection = connect(home, spawn=False)
    except DjobsError as error:
        if error.code not in (ErrorCode.UNAVAILABLE, ErrorCode.STOPPED_BY_USER):
            raise
        return Outcome(_document(home, None, installed))
    with talk.waiting(WAITING), connection:
        before = connection.welcome
        if installed == before["build"] and not args.again:
            return Outcome(_document(home, before, installed, before))
        ours = [spawn.find_interpreter(), spawn.find_daemon_main()]
        asked = {"reason": "djobsctl upgrade", "program": ours}
        connection.call("daemon.hand_over", asked, args.timeout)
        after = _successor(home, before["instance"], deadline)
    return Outcome(_document(home, before, installed, after))


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say what goes on."""
    if not document["was_running"]:
        return f"Not running. The next start is djobs {document['installed']}."
    if document["instance"] == document["was_instance"]:
        runs = f"djobs {document['build']} runs already (pid {document['pid']})."
        return f"{runs}\nA newer release, if there is one, comes by `{document['newer_by']}`."
    changed = f"djobs {document['was_build']} has become {document['build']}"
    return f"{changed} (pid {document['pid']}). Sessions, claims and runs go on."


def _successor(home: str, instance: str, deadline: float) -> dict[str, Any]:
    """Return the welcome of the daemon that comes after an instance."""
    while True:
        left = deadline - time.monotonic()
        try:
            with connect(home, spawn=False, deadline_seconds=max(left, 0.1)) as connection:
                if connection.welcome["instance"] != instance:
                    return connection.welcome
        except DjobsError as error:
            if error.code is not ErrorCode.DRAINING or left <= 0:
                raise
        if left <= 0:
            raise DjobsError(ErrorCode.DEADLINE_EXCEEDED, "The old daemon still answers.")
        time.sleep(0.05)  # it is finishing what it has; nothing tells when it is done


def _document(
    home: str,
    before: dict[str, Any] | None,
    installed: str | None,
    after: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "home": home,
        "was_running": before is not None,
        "was_build": before and before["build"],
        "was_instance": before and before["instance"],
        "installed": installed,
        "newer_by": this_installation().upgraded(),
        "build": after and after["build"],
        "instance": after and after["instance"],
        "pid": after and after["pid"],
    }
