"""Where the tools usually keep their plans: on this machine, and in a project."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from djobsctl.importing.files import Unreadable
from djobsctl.importing.kinds import Found, find


class Place(NamedTuple):
    """A usual place where something is."""

    path: str
    found: list[Found]


def usual(home: str, project: str, environ: Mapping[str, str]) -> list[Place]:
    """Look in the usual places; only names and first bytes are looked at in most of them."""
    claude = environ.get("CLAUDE_CONFIG_DIR") or os.path.join(home, ".claude")
    paths = (
        project,
        environ.get("DJOBS_DB") or "",
        os.path.join(home, ".djobs", "global.db"),
        os.path.join(claude, "tasks"),
        os.path.join(claude, "todos"),
    )
    places = []
    for path in dict.fromkeys(os.path.realpath(path) for path in paths if path):
        try:
            places.append(Place(path, find(path)))
        except Unreadable:
            continue
    return places
