"""Where one user's daemon keeps its files and listens.

A pure function of (user, ``DJOBS_HOME``), never of ``HOME``, ``TMPDIR`` or ``XDG_*``, which differ
between a login shell, cron, tmux and an editor (R20). Standard library only, and no ``pathlib``,
``collections`` or ``typing``: the shim imports this and its whole budget is the start of a bare
interpreter.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET_PATH_BYTES_MAX = 103
"""The portable bound of ``sun_path``: 104 on macOS and BSD, 108 on Linux, less the NUL (R21)."""


def state_dir(environ: Mapping[str, str] | None = None) -> str:
    """Return the absolute path of the folder that holds everything of one daemon.

    ``DJOBS_HOME`` wins; otherwise a fixed place below the home folder that the password database
    names. The folder need not exist. ``DjobsError(CONFIG_INVALID)`` for a relative path, which
    would mean another daemon in every folder, and as ``default_state_dir``.
    """
    chosen = (os.environ if environ is None else environ).get("DJOBS_HOME")
    if not chosen:
        return default_state_dir()
    if not os.path.isabs(chosen):
        raise _invalid(f"DJOBS_HOME is {chosen!r}, a relative path; expected an absolute one.")
    return os.path.realpath(chosen)


def default_state_dir() -> str:
    """Return the state folder of an account that sets no ``DJOBS_HOME``.

    ``DjobsError(CONFIG_INVALID)`` when this user is in no password database, as in a container
    that runs under any number.
    """
    home = account_home()
    if home is None:
        raise _invalid(
            f"The password database has no home folder for uid {os.getuid()}; set DJOBS_HOME."
        )
    return _state_below(home)


def _invalid(text: str) -> Exception:
    from djobs_protocol.errors import DjobsError, ErrorCode  # only when something is wrong

    return DjobsError(ErrorCode.CONFIG_INVALID, text)


def is_default_state_dir(state: str) -> bool:
    """Say whether ``state`` is what ``default_state_dir`` returns; never when that raises."""
    home = account_home()
    return home is not None and state == _state_below(home)


def account_home() -> str | None:
    """Return the home folder that the password database names; None for a user not in it."""
    import pwd  # not on Windows, where nothing else here is supported yet either

    try:
        return os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None


def _state_below(home: str) -> str:
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "djobs")
    return os.path.join(home, ".local", "state", "djobs")


def socket_path(state: str) -> str:
    """Return the socket's path for a state folder: inside it, or below /tmp when that is too long.

    The short form is ``/tmp/djobs-<uid>/<8 hex of the state path>/d.sock``; it is never a
    truncation (R21).
    """
    path = os.path.join(state, "run", "d.sock")
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX:
        return path
    import hashlib  # only for long paths; costs the shim 3 ms

    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:8]
    return f"/tmp/djobs-{os.getuid()}/{digest}/d.sock"


def state_file(state: str, name: str) -> str:
    """Return the path of one of the files named below."""
    return os.path.join(state, name)


DAEMON_LOCK = "daemon.lock"
SPAWN_LOCK = "spawn.lock"
COMMAND_LOCK = "command.lock"
ENDPOINT_RECORD = "endpoint.json"
START_RECORD = "last_start.json"
STOP_MARK = "stopped.json"
DAMAGE_RECORD = "damaged.json"
SERVICE_RECORD = "service.json"
DATABASE = "jobs.db"
CONFIG = "config.toml"
LOG_FOLDER = "logs"
BACKUP_FOLDER = "backups"
DAEMON_LOG = "logs/daemon.log"
