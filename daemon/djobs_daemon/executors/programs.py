"""How programs of djobs' own are started, beside whichever daemon asks."""

import os

import djobs_daemon
from djobs_local import spawn


def command_of(package: str, *flags: str) -> list[str]:
    """Return the command line that runs a package which lies beside the daemon's."""
    beside = os.path.dirname(os.path.dirname(os.path.abspath(djobs_daemon.__file__)))
    return [spawn.find_interpreter(), *flags, os.path.join(beside, package, "__main__.py")]
