"""Anthropic's sandbox-runtime, from npm: @anthropic-ai/sandbox-runtime (0.0.78 was looked at).

On Linux it uses bubblewrap, socat and ripgrep, and takes Unix sockets away by seccomp. Its network
is always closed: it allows single domains through a proxy, which is not asked for here. What it
says of a command that a signal ended is not the truth (SIGTERM becomes status 0), and it hands on
no descriptor but the first three.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.entering import STATUS_FD_IS_STDIN, announced
from djobs_daemon.executors.sandbox.provider import Wrapped
from djobs_daemon.executors.sandbox.surroundings import divided

_WITH_SETTINGS: Final = """\
program=$1 settings=$2 start=$3; shift 3
cd "$start" || exit
exec "$program" --settings /dev/fd/9 -- "$@" 9<<END
$settings
END
"""
"""srt takes its rules from a file; so they are one that nobody has to remove."""


_ITS_OWN: Final = frozenset({"PATH"})
"""Means something to srt as well, which starts programs outside."""


@dataclass(frozen=True)
class Srt:
    """``srt`` at a path."""

    program: str
    path: str = os.defpath
    """The PATH on which it finds node, bwrap, socat and rg; never the command's."""
    name: str = "srt"
    levels: tuple[Level, ...] = (Level.WRITE_NETWORK,)

    def wrap(
        self, argv: tuple[str, ...], confinement: Confinement, environ: Mapping[str, str]
    ) -> Wrapped:
        """Return a command line of ``srt``; ``ValueError`` if the network is to be open."""
        if confinement.network:
            raise ValueError("srt cannot leave the whole network open")
        settings = json.dumps(rules(confinement))
        outer, inner = divided(environ, _ITS_OWN)
        command = announced(argv, STATUS_FD_IS_STDIN, inner)
        entering = ("/bin/sh", "-c", _WITH_SETTINGS, "sh")
        return Wrapped(
            (*entering, self.program, settings, confinement.start, *command),
            {**outer, "PATH": self.path},
            STATUS_FD_IS_STDIN,
            monitored=True,
        )


def rules(confinement: Confinement) -> dict[str, object]:
    """Return the settings file of one command."""
    return {
        "network": {"allowedDomains": [], "deniedDomains": [], "strictAllowlist": True},
        "filesystem": {
            "denyRead": [*confinement.hidden_folders, *confinement.hidden_files],
            "allowWrite": list(confinement.writable),
            "denyWrite": list(confinement.read_only),
        },
    }
