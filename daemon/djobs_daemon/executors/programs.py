"""How programs of djobs' own are started, beside whichever daemon asks."""

import os

import djobs_daemon
from djobs_local import spawn


def command_of(package: str, *flags: str) -> list[str]:
    """Return the command line that runs a package which lies beside the daemon's."""
    return [spawn.find_interpreter(), *flags, os.path.join(_beside(), package, "__main__.py")]


def shim_command() -> list[str]:
    """Return the command line of djobs' MCP server, for an agent that djobs starts itself."""
    beside = _beside()  # of site-packages, or of a checkout, where each part has its own folder
    places = (beside, os.path.join(os.path.dirname(beside), "shim"))
    folders = [os.path.join(each, "djobs_shim") for each in places]
    found = next((each for each in folders if os.path.isdir(each)), folders[0])
    return [spawn.find_interpreter(), "-I", "-S", os.path.join(found, "__main__.py")]


def _beside() -> str:
    return os.path.dirname(os.path.dirname(os.path.abspath(djobs_daemon.__file__)))
