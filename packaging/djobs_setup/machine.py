"""The part of a machine that decides where hosts keep their files. A plain value, for tests."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """Whose configuration is meant, and where."""

    platform: str
    """As ``sys.platform`` has it: ``linux``, ``darwin``, ``win32``."""
    home: str
    """The home folder that hosts see, which is ``$HOME``; djobs' own does not depend on it."""
    environ: Mapping[str, str]
    project: str
    """The folder whose committed configuration ``--scope project`` means."""

    def expand(self, template: str, own: str = "") -> str:
        """Return a path of the table of hosts with its places filled in.

        ``{xdg}`` is the XDG base folder, ``{support}`` where applications keep theirs on this
        platform, ``{own}`` the host's own folder.
        """
        return template.format(
            home=self.home,
            xdg=self.environ.get("XDG_CONFIG_HOME") or f"{self.home}/.config",
            support=self._support(),
            project=self.project,
            own=own,
        )

    def _support(self) -> str:
        if self.platform == "darwin":
            return f"{self.home}/Library/Application Support"
        if self.platform == "win32":
            return self.environ.get("APPDATA") or f"{self.home}/AppData/Roaming"
        return self.environ.get("XDG_CONFIG_HOME") or f"{self.home}/.config"

    def shown(self, path: str) -> str:
        """Return a path as a person writes it."""
        for folder, short in ((self.project, "."), (self.home, "~")):
            if folder and path.startswith(folder.rstrip("/") + "/"):
                return short + path[len(folder.rstrip("/")) :]
        return path


def this_machine(platform: str, environ: Mapping[str, str], project: str) -> Machine:
    """Return the machine this runs on; without ``HOME`` the password database has the folder."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return Machine(platform, home, environ, project)
