"""Where hosts keep what a user, or a project, tells them."""

import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal["user", "project"]
SCOPES: tuple[Scope, ...] = ("user", "project")


@dataclass(frozen=True)
class Folders:
    """The folders that the templates of the tables name."""

    home: str
    project: str
    xdg: str
    claude: str
    codex: str
    copilot: str
    kimi: str

    def expand(self, template: str) -> str:
        """Return the path a template means."""
        return template.format(**vars(self))

    def matching(self, template: str) -> list[str]:
        """Return the path, or for a template with a ``*`` the files that are there."""
        if "*" not in template:
            return [self.expand(template)]
        folder, _, pattern = template.rpartition("/")
        return sorted(glob.glob(os.path.join(glob.escape(self.expand(folder)), pattern)))


def folders_of(environ: Mapping[str, str], project: str) -> Folders:
    """Return the folders of whoever has this environment."""
    home = environ.get("HOME") or os.path.expanduser("~")
    return Folders(
        home=home,
        project=project,
        xdg=environ.get("XDG_CONFIG_HOME") or f"{home}/.config",
        claude=environ.get("CLAUDE_CONFIG_DIR") or f"{home}/.claude",
        codex=environ.get("CODEX_HOME") or f"{home}/.codex",
        copilot=environ.get("COPILOT_HOME") or f"{home}/.copilot",
        kimi=environ.get("KIMI_SHARE_DIR") or f"{home}/.kimi",
    )


def project_of(folder: str) -> str:
    """Return the top of the version-controlled tree around a folder, else the folder."""
    start = at = os.path.abspath(folder)
    while True:
        if any(os.path.lexists(os.path.join(at, mark)) for mark in (".git", ".hg", ".jj", ".svn")):
            return at
        above = os.path.dirname(at)
        if above == at:
            return start
        at = above
