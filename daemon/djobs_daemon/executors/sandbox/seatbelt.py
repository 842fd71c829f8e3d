"""macOS: the kernel's own sandbox, by ``sandbox-exec`` and a profile.

Everything is denied that is not listed. Apple calls ``sandbox-exec`` deprecated and has kept it
since 2007; there is nothing else for a program that is not an app bundle. Whether a profile does
what it says is proven by ``probing`` when a daemon starts, as for every provider.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.entering import STATUS_FD, announced
from djobs_daemon.executors.sandbox.mounts import pinned
from djobs_daemon.executors.sandbox.provider import Wrapped
from djobs_daemon.executors.sandbox.surroundings import divided

PROGRAM: Final = "/usr/bin/sandbox-exec"
"""By its path: another program of that name on PATH is nobody's sandbox."""

_BASE: Final = """\
(version 1)
(deny default)
(allow process-exec process-fork)
(allow process-info* signal (target same-sandbox))
(allow sysctl-read user-preference-read mach-host* ipc-posix-sem ipc-posix-shm pseudo-tty)
(allow mach-lookup
  (global-name "com.apple.system.logger")
  (global-name "com.apple.system.notification_center")
  (global-name "com.apple.system.opendirectoryd.libinfo")
  (global-name "com.apple.system.opendirectoryd.membership"))
(allow file-read*)
(allow file-read* file-write* file-ioctl (literal "/dev/ptmx") (regex #"^/dev/ttys[0-9]+$"))
(allow file-write-data (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty"))"""
_NETWORK_OPEN: Final = """\
(allow network* system-socket)
(allow mach-lookup
  (global-name "com.apple.SystemConfiguration.configd")
  (global-name "com.apple.dnssd.service")
  (global-name "com.apple.trustd.agent"))
(deny network-outbound (remote unix-socket))
(allow network-outbound (literal "/private/var/run/mDNSResponder"))"""
_NETWORK_CLOSED: Final = "(deny network*)"


@dataclass(frozen=True)
class Seatbelt:
    """``sandbox-exec``. It has no private /tmp: that is as read-only as the rest."""

    program: str = PROGRAM
    name: str = "seatbelt"
    levels: tuple[Level, ...] = (Level.WRITE, Level.WRITE_NETWORK)

    def wrap(
        self, argv: tuple[str, ...], confinement: Confinement, environ: Mapping[str, str]
    ) -> Wrapped:
        """Return a command line of ``sandbox-exec``, which becomes the command."""
        outer, inner = divided(environ)
        command = announced(argv, STATUS_FD, inner)
        wrapped = (self.program, "-p", profile(confinement), *command)
        return Wrapped(wrapped, outer, STATUS_FD, monitored=False)


def profile(confinement: Confinement) -> str:
    """Return the profile. The last rule that fits decides, so outer paths come first."""
    rules = [_BASE, _NETWORK_OPEN if confinement.network else _NETWORK_CLOSED]
    rules += [
        rule
        for _, rule in sorted(
            [
                *_each("allow file-read* file-write*", "subpath", confinement.writable),
                *_each("deny file-write*", "subpath", confinement.read_only),
                *_each("deny file-read* file-write*", "subpath", confinement.hidden_folders),
                *_each("deny file-read* file-write*", "literal", confinement.hidden_files),
            ],
            key=lambda each: each[0].split("/"),
        )
    ]
    names = (f"(deny file-write-unlink (literal {_quoted(path)}))" for path in _kept(confinement))
    return "\n".join((*rules, *names))


def _each(verb: str, filter_: str, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        yield path, f"({verb} ({filter_} {_quoted(path)}))"


def _kept(confinement: Confinement) -> list[str]:
    """Return what may not be renamed: rules go by path, and the workspace is where they begin."""
    return sorted({*pinned(confinement), *confinement.writable})


def _quoted(path: str) -> str:
    """Return a string of the profile's language, a Scheme."""
    if any(ord(character) < 32 for character in path):
        raise ValueError(f"a path with control characters cannot be confined: {path!r}")
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
