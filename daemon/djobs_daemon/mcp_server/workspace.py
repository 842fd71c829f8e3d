"""Which folder's tasks a session means. Looks at folders, so call it on a thread."""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from djobs_daemon.mcp_server.hello import LinkHello

VCS_MARKS: Final = (".git", ".hg", ".jj", ".svn")
WORKSPACE_OPTION: Final = "--workspace"

_UNEXPANDED: Final = re.compile(r"\$\{|^\$\w|^%\w+%")
"""``${workspaceFolder}`` and the like, which an editor should have replaced."""


class Workspace(NamedTuple):
    """What a session's tasks are grouped by when it names no workflow."""

    path: str
    sure: bool = False
    """It was told; the client need not be asked for its roots."""
    is_project: bool = True
    """False for the home folder, which all sessions share that were started outside of any."""
    remark: str = ""
    """What was told and could not be used."""


def workspace_of(hello: LinkHello) -> Workspace:
    """Return the workspace a session starts with.

    It is what ``--workspace`` or ``DJOBS_WORKSPACE`` says, taken as it is given; else the project
    around ``CLAUDE_PROJECT_DIR``; else the one around the folder the shim was started in.
    """
    return chosen_workspace(hello.cwd, _told(hello))


def chosen_workspace(cwd: str, told: Iterable[tuple[str, str, bool]]) -> Workspace:
    """Return the workspace by the first of ``told`` that names one, else by the folder.

    Each of them is a source, its value, and whether to take it as it is given.
    """
    remark = ""
    for source, value, given in told:
        if _UNEXPANDED.search(value):
            remark = (
                f"{source} {value[:80]!r} was not expanded by the program that set it; ignored."
            )
        elif value.strip():
            path = os.path.realpath(os.path.join(cwd or "/", os.path.expanduser(value)))
            return Workspace(path if given else project_around(path).path, True, remark=remark)
    return project_around(cwd)._replace(remark=remark)


def project_around(folder: str) -> Workspace:
    """Return the top of the version-controlled tree around a folder, else the folder itself.

    Sessions in one repository should meet, wherever in it they were started. A desktop program is
    started in ``/`` or at home: neither is a project, and both mean the same, the home folder.
    """
    start = os.path.realpath(folder or "/")
    for around in _upwards(start):
        if any(os.path.lexists(os.path.join(around, mark)) for mark in VCS_MARKS):
            return Workspace(around)
    home = os.path.realpath(os.path.expanduser("~"))
    return Workspace(home, is_project=False) if start in ("/", home) else Workspace(start)


def _told(hello: LinkHello) -> Iterator[tuple[str, str, bool]]:
    """Yield each source that names a workspace, its value, and whether to take it as given."""
    for option, value in itertools.pairwise([*hello.args, ""]):
        if option == WORKSPACE_OPTION:
            yield WORKSPACE_OPTION, value, True
        elif option.startswith(WORKSPACE_OPTION + "="):
            yield WORKSPACE_OPTION, option.partition("=")[2], True
    yield "DJOBS_WORKSPACE", hello.env.get("DJOBS_WORKSPACE", ""), True
    yield "CLAUDE_PROJECT_DIR", hello.env.get("CLAUDE_PROJECT_DIR", ""), False


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent
