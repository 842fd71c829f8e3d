"""What installed djobs, and from where, so that the same can mend, extend and upgrade it.

Installed by its name, it comes from an index, which may have another program of that name or none.
So what came from a folder or an address (PEP 610) comes from there again.
"""

import glob
import json
import os
import shlex
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

PIPX = "/pipx/venvs/"
UV = "/uv/tools/"
"""Parts of the paths of environments that these make for one program."""
RECORD = "djobs-*.dist-info/direct_url.json"


class Source(NamedTuple):
    """Where a package was installed from; by default from an index, by its name."""

    address: str = ""
    """A folder, a file, or an address as pip takes it."""
    editable: bool = False

    def words(self, extra: str = "") -> str:
        """Return the arguments by which an installer takes it from there again."""
        name = f"djobs[{extra}]" if extra else "djobs"
        if not self.address:
            return shlex.quote(name)
        if not os.path.isabs(self.address):
            return shlex.quote(f"{name} @ {self.address}")
        place = shlex.quote(self.address + (f"[{extra}]" if extra else ""))
        return f"--editable {place}" if self.editable else place


INDEX = Source()


@dataclass(frozen=True)
class Installed:
    """One installation."""

    python: str
    prefix: str
    """The environment's folder."""
    source: Source = INDEX

    def again(self) -> tuple[str, ...]:
        """Return the commands that make the environment anew."""
        if PIPX in self.prefix:
            return ("pipx reinstall djobs",)
        if UV in self.prefix:
            return (f"uv tool install --force {self.source.words()}",)
        folder = shlex.quote(self.prefix)
        install = f"{folder}/bin/python -m pip install {self.source.words()}"
        return f"python3 -m venv --clear {folder}", install

    def completed(self, extra: str = "") -> str:
        """Return the command that brings what is missing, and an extra where one is named."""
        words = self.source.words(extra)
        if PIPX in self.prefix:
            return f"pipx install --force {words}"
        if UV in self.prefix:
            return f"uv tool install --force {words}"
        return f"{self._pip} install {words}"

    def rewritten(self) -> tuple[str, ...]:
        """Return the commands that write djobs' own files anew, and nothing else."""
        if PIPX in self.prefix or UV in self.prefix:
            return self.again()
        return (f"{self._pip} install --force-reinstall --no-deps {self.source.words()}",)

    def upgraded(self) -> str:
        """Return the command that brings the newest release."""
        if self.source.editable:
            return f"git -C {shlex.quote(self.source.address)} pull"
        if PIPX in self.prefix:
            return "pipx upgrade djobs"
        if UV in self.prefix:
            return "uv tool upgrade djobs"
        return f"{self._pip} install --upgrade {self.source.words()}"

    @property
    def _pip(self) -> str:
        return f"{shlex.quote(self.python)} -m pip"


def this_installation(python: str = sys.executable) -> Installed:
    """Return the installation that this command runs from."""
    return Installed(python, sys.prefix, source_of(sys.prefix))


def source_of(prefix: str) -> Source:
    """Return where the djobs of an environment, or else this one, was installed from."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder in (os.path.join(glob.escape(prefix), "lib", "python*", "*-packages"), here):
        for path in glob.glob(os.path.join(folder, RECORD)):
            try:
                with open(path, encoding="utf-8") as file:
                    return read(json.load(file))
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue  # it is another program's file, and this is no time to complain
    return INDEX


def read(record: dict[str, Any]) -> Source:
    """Return what a ``direct_url.json`` says; anything may be raised by what is none."""
    address = urlsplit(record["url"])
    if address.scheme == "file":
        editable = bool(record.get("dir_info", {}).get("editable"))
        return Source(unquote(address.path), editable)
    if "vcs_info" not in record:
        return Source(address.geturl())
    version = record["vcs_info"].get("requested_revision")
    return Source(
        f"{record['vcs_info']['vcs']}+{address.geturl()}" + (f"@{version}" if version else "")
    )
