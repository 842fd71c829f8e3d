"""Linux: namespaces of the command's own, made by ``bwrap`` from Debian's ``bubblewrap``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.entering import STATUS_FD, announced
from djobs_daemon.executors.sandbox.mounts import Kind, Mount, planned
from djobs_daemon.executors.sandbox.provider import Wrapped
from djobs_daemon.executors.sandbox.surroundings import divided

_ALWAYS: Final = (
    *("--unshare-user", "--unshare-pid", "--unshare-ipc"),
    *("--cap-drop", "ALL"),  # root would keep them, and could mount anew
    # bwrap stays as the monitor; killed, it must take with it whom it watches. Its parent is bound
    # in the same way, so whoever starts it must do so from a thread that lives as long.
    "--die-with-parent",
    "--new-session",  # no terminal to put characters into (CVE-2017-5226)
    *("--ro-bind", "/", "/"),
    *("--proc", "/proc"),
    *("--dev", "/dev"),
)
_NAMES_WITH_NETWORK: Final = (
    "/run/systemd/resolve/stub-resolv.conf",
    "/run/systemd/resolve/resolv.conf",
    "/run/NetworkManager/resolv.conf",
    "/run/resolvconf/resolv.conf",
)
"""What /etc/resolv.conf may lead to; /run itself is hidden for the sockets in it."""
_PROGRAMS_IN_RUN: Final = ("/run/current-system",)
"""Where NixOS has its programs."""
_TEMPORARY: Final = "/tmp"


@dataclass(frozen=True)
class Bubblewrap:
    """``bwrap`` at a path; it must be of version 0.5 (2021) or later."""

    program: str
    name: str = "bubblewrap"
    levels: tuple[Level, ...] = (Level.WRITE, Level.WRITE_NETWORK)

    def wrap(
        self, argv: tuple[str, ...], confinement: Confinement, environ: Mapping[str, str]
    ) -> Wrapped:
        """Return a command line of ``bwrap``."""
        mounts = planned(confinement)
        outer, inner = divided(environ)
        if _TEMPORARY in confinement.private:
            inner["TMPDIR"] = _TEMPORARY
        options = (
            *_ALWAYS,
            *(() if confinement.network else ("--unshare-net",)),
            *(word for mount in mounts for word in _mounting(mount)),
            *_seen_in_run(mounts, confinement.network),
            *_sealed(mounts),
            *("--chdir", confinement.start),
        )
        command = announced(argv, STATUS_FD, inner)
        return Wrapped((self.program, *options, "--", *command), outer, STATUS_FD, monitored=True)


def _mounting(mount: Mount) -> tuple[str, ...]:
    match mount.kind:
        case Kind.READ_WRITE:
            return ("--bind", mount.path, mount.path)
        case Kind.READ_ONLY:
            return ("--ro-bind", mount.path, mount.path)
        case Kind.PRIVATE | Kind.HIDDEN_FOLDER:  # 0700: who looks sees a folder nobody may use
            return ("--perms", "0700", "--tmpfs", mount.path)
        case Kind.HIDDEN_FILE:  # a device on a mount without devices: nobody can open it
            return ("--ro-bind", "/dev/null", mount.path)


def _seen_in_run(mounts: list[Mount], network: bool) -> Iterator[str]:
    if Mount("/run", Kind.HIDDEN_FOLDER) in mounts:
        for path in (*_PROGRAMS_IN_RUN, *(_NAMES_WITH_NETWORK if network else ())):
            yield from ("--ro-bind-try", path, path)


def _sealed(mounts: list[Mount]) -> Iterator[str]:
    """Make hidden folders read-only, after what lies in them is mounted: no write gets lost."""
    for mount in mounts:
        if mount.kind is Kind.HIDDEN_FOLDER:
            yield from ("--remount-ro", mount.path)
