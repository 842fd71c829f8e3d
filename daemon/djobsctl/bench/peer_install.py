"""djobs 0.22.0 from the package index, in an environment of its own, to do the same work.

It cannot share one with us: it needs ``mcp`` below 2.
"""

import os
import shutil
import subprocess
import sys
from typing import Final, NamedTuple

import platformdirs

from djobs_protocol.errors import DjobsError, ErrorCode

REQUIREMENTS: Final = ("djobs==0.22.0", "mcp<2")
INSTALL_SECONDS_MAX: Final = 600.0
FOLDER: Final = "bench-peer-0.22.0"
_DONE: Final = "installed"


class Peer(NamedTuple):
    """Where it is installed."""

    python: str

    @property
    def server(self) -> list[str]:
        """Return the command of its MCP server with the task tools."""
        return [os.path.join(os.path.dirname(self.python), "djobs-mcp-full")]


def peer_environ(folder: str) -> dict[str, str]:
    """Return the variables of a peer whose database is in ``folder``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJOBS_")}
    return {**kept, "DJOBS_DB": os.path.join(folder, "peer.db"), "HOME": folder}


def install() -> Peer:
    """Return the peer, installed now or by an earlier run; ``DjobsError`` if it cannot be."""
    folder = os.path.join(platformdirs.user_cache_dir("djobs", ensure_exists=True), FOLDER)
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, _DONE)):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", folder])
        _run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS])
        with open(os.path.join(folder, _DONE), "w", encoding="ascii") as mark:
            mark.write("\n".join(REQUIREMENTS))
    return Peer(python)


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS_MAX, check=True)
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise DjobsError(
            ErrorCode.NOT_SUPPORTED, f"The peer cannot be installed: {' '.join(words)}"
        ) from None
