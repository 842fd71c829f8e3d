"""The command that is registered: the fastest that works, and that survives upgrades.

A bare interpreter (``-I -S``) and the shim's file by path start in the time of Python itself; the
script that pip installs takes half as long again, and ``python -m`` twice as long.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PORTABLE: Final = "djobs-mcp"
"""By name, for configuration that several machines share."""

_EPHEMERAL: Final = {
    r"/uv/(archive|environments|builds)[^/]*/|/\.?cache/uv/": "uvx",
    r"/pipx/(\.cache|cache)/|/\.cache/pipx/": "pipx run",
}
_CELLAR: Final = "/Cellar/"
"""Homebrew's folder of versions, with links to the current ones beside it."""
_VERSIONED: Final = re.compile(r"python3\.\d+$")


@dataclass(frozen=True)
class Registered:
    """What hosts are told to start."""

    words: list[str]
    ephemeral: str = ""
    """The tool whose cache this installation lies in, which may be emptied at any time."""
    warning: str = ""
    """What an upgrade would break, if anything would."""


def registered(
    executable: str, shim: str, resolve: Callable[[str], str] = os.path.realpath
) -> Registered:
    """Return the command for an interpreter and the shim's file, both absolute."""
    interpreter = stable(executable, resolve)
    tool = next((name for pattern, name in _EPHEMERAL.items() if re.search(pattern, shim)), "")
    warning = ""
    if _CELLAR in interpreter:
        warning = f"{interpreter} goes away with Homebrew's next version of it"
    return Registered([interpreter, "-I", "-S", shim], tool, warning)


def stable(executable: str, resolve: Callable[[str], str] = os.path.realpath) -> str:
    """Return the name of the same interpreter that lives longest: one without a version.

    The name in a virtual environment is a link that an upgrade of Python renews; what it leads to
    may be gone then.
    """
    if not _VERSIONED.search(executable) and _CELLAR not in executable:
        return executable
    folders = [os.path.dirname(executable)]
    if _CELLAR in executable:
        folders.insert(0, executable.partition(_CELLAR)[0] + "/bin")
    names = ["python", "python3", os.path.basename(executable)]
    meant = resolve(executable)
    for name in (os.path.join(folder, each) for folder in folders for each in names):
        if resolve(name) == meant:
            return name
    return executable


def shim_file() -> str:
    """Return the path of this installation's shim."""
    from importlib.util import find_spec  # a package's place, without importing it

    spec = find_spec("djobs_shim")
    assert spec is not None
    assert spec.submodule_search_locations
    return os.path.join(os.path.abspath(next(iter(spec.submodule_search_locations))), "__main__.py")
