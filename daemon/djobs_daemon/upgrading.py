"""When a running daemon becomes the code that is installed now, here or elsewhere (R16, R17).

An upgrade replaces files below a daemon, which goes on with what it has loaded. The new code is
tried first: one that would not serve changes nothing.
"""

import json
import logging
import os
import subprocess
from typing import Final

import anyio

from djobs_daemon import program
from djobs_daemon.app import App
from djobs_daemon.program import Program
from djobs_local.installed import installed_build, is_older
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.version import VERSION

log = logging.getLogger(__name__)

TRIAL_OPTION: Final = "--check"
TRIAL_SECONDS_MAX: Final = 60.0
"""It loads all that a daemon consists of, the MCP SDK too."""
TOLD_CHARS_MAX: Final = 500


def pending_build() -> str | None:
    """Return the build that is installed, if it is another one than this."""
    installed = installed_build()
    return installed if installed not in (None, VERSION) else None


async def hand_over(app: App, successor: Program, reason: str) -> str:
    """Begin to hand over to the code that lies there, and return its build.

    ``START_FAILED`` when it would not serve, ``CONFLICT`` when it is older: this daemon goes on.
    """
    build = await anyio.to_thread.run_sync(_try_out, successor, abandon_on_cancel=True)
    if is_older(build, VERSION):
        raise DjobsError(
            ErrorCode.CONFLICT,
            f"{build} is installed, and this daemon is {VERSION}: it never becomes an older one by "
            "itself.",
            hint="`djobsctl restart` starts the older one.",
        )
    log.info("Handing over.", extra={"reason": reason, "from_build": VERSION, "to_build": build})
    app.request_handover(successor, reason)
    return build


async def hand_over_when_idle(app: App) -> None:
    """Follow an upgrade when nobody needs this daemon, if the settings have it so."""
    if app.settings.upgrade != "idle" or app.stopping.is_set() or app.connections.known():
        return
    build = pending_build()
    if build is None or build == app.tried_build:
        return
    app.tried_build = build  # tried once; asked for by hand it is tried again
    try:
        await hand_over(app, program.own(), f"{build} is installed, and nobody is connected")
    except DjobsError as refusal:
        log.warning("No handover.", extra={"build": build, "reason": refusal.message})


def _try_out(successor: Program) -> str:
    words = successor.command(TRIAL_OPTION)
    try:
        tried = subprocess.run(
            words,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TRIAL_SECONDS_MAX,
            check=False,
        )
        said = json.loads(tried.stdout)
        if tried.returncode == 0:
            return str(said["build"])
        why = str(said["failed"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        why = f"`{' '.join(words)}` did not answer: {type(error).__name__}: {error}"
    raise DjobsError(
        ErrorCode.START_FAILED,
        f"What is installed now would not serve, so this daemon goes on: {why[:TOLD_CHARS_MAX]}",
        hint="Install djobs again, then `djobsctl upgrade`.",
    )
