"""What this system and this installation have; the one place that looks."""

import getpass
import os
import sys
from collections.abc import Mapping

from djobs_local.service import LAUNCHD, SYSTEMD, TASK_SCHEDULER
from djobs_protocol import endpoint
from djobs_service.plan import Target
from djobs_service.program import installed_daemon

PATH_DEFAULT = "/usr/local/bin:/usr/bin:/bin"
_BY_PLATFORM = {"darwin": LAUNCHD, "win32": TASK_SCHEDULER}


def own_manager() -> str:
    """Return the manager of this system."""
    return _BY_PLATFORM.get(sys.platform, SYSTEMD)


def target_of(state: str, environ: Mapping[str, str], manager: str = "") -> Target:
    """Return the target of the account that runs this, for its manager or another."""
    chosen = manager or own_manager()
    return Target(
        manager=chosen,
        state=state,
        default=endpoint.is_default_state_dir(state),
        daemon=installed_daemon(),
        folder=_folder(chosen, environ),
        path=environ.get("PATH") or PATH_DEFAULT,
        user=getpass.getuser(),
        uid=os.getuid(),
    )


def _folder(manager: str, environ: Mapping[str, str]) -> str:
    home = endpoint.account_home() or os.path.expanduser("~")
    if manager == SYSTEMD:
        chosen = environ.get("XDG_CONFIG_HOME", "")
        config = chosen if os.path.isabs(chosen) else os.path.join(home, ".config")
        return os.path.join(config, "systemd", "user")
    if manager == LAUNCHD:
        return os.path.join(home, "Library", "LaunchAgents")
    return environ.get("LOCALAPPDATA") or rf"{home}\AppData\Local\djobs"
