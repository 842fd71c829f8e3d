"""Why a sandbox could not be entered, from what its program printed, and what helps. Pure."""

import re
from typing import Final

from djobs_daemon.executors.sandbox.verdict import Diagnosis

_APPARMOR: Final = (
    "Ubuntu's AppArmor takes capabilities away from new user namespaces; let bwrap have them: "
    "`sudo apt install apparmor-profiles && sudo ln -s "
    "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && "
    "sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict`, then `djobsctl restart`."
)
_NAMESPACES: Final = (
    "Allow user namespaces: `sudo sysctl -w kernel.unprivileged_userns_clone=1` (Debian) or "
    "`sudo sysctl -w user.max_user_namespaces=15000`, then `djobsctl restart`."
)
_CONTAINER: Final = (
    "This is a container that hides parts of /proc or forbids mounting; start it with "
    "`--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, or let it be the "
    "sandbox and choose `none` for the type."
)
INSTALL: Final = {
    "bubblewrap": "`sudo apt install bubblewrap` (Fedora: `sudo dnf install bubblewrap`), "
    "then `djobsctl restart`.",
    "srt": "`npm install -g @anthropic-ai/sandbox-runtime` and `sudo apt install bubblewrap socat "
    "ripgrep`, then `djobsctl restart`.",
    "seatbelt": "Only macOS has it.",
}

_KNOWN: Final = (
    (r"setting up uid map: Permission denied", "AppArmor forbids it", _APPARMOR),
    (r"loopback: Failed RTM_NEWADDR", "AppArmor forbids it", _APPARMOR),
    (r"No permissions to creat\w+ (a )?new namespace", "user namespaces are disabled", _NAMESPACES),
    (r"Creating new namespace failed", "user namespaces are disabled", _NAMESPACES),
    (
        r"Can't mount proc on|Failed to make / slave|pivot_root",
        "this container forbids it",
        _CONTAINER,
    ),
    (
        r"ripgrep|\brg\b.*not found|socat.*not found",
        "a program it needs is missing",
        INSTALL["srt"],
    ),
)


def diagnosed(entered: bool, status: int | None, told: str) -> Diagnosis:
    """Return why nothing ran; ``status`` is None for what did not come to an end."""
    for pattern, reason, hint in _KNOWN:
        if re.search(pattern, told):
            return Diagnosis(f"{reason} ({_last_line(told)})", hint)
    said = _last_line(told)
    if status is None:
        return Diagnosis(said or "it did not come to an end in time", "")
    said = said or f"it ended with status {status}"
    return Diagnosis(f"not even a write inside succeeds ({said})" if entered else said, "")


def missing(name: str) -> Diagnosis:
    """Return that a provider is not installed."""
    return Diagnosis("it is not installed", INSTALL.get(name, ""))


def _last_line(text: str) -> str:
    return text.splitlines()[-1][:300] if text else ""
