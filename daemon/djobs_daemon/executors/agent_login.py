"""How an agent CLI is logged in inside a sandbox: by its own file, if its type grants it. Pure."""

import os
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from djobs_agent.contract import StreamKind


class Login(NamedTuple):
    """What lets a CLI find its login, and read it."""

    environ: dict[str, str]
    revealed: tuple[str, ...] = ()
    """The file of its login, which is hidden otherwise."""


class _Place(NamedTuple):
    variable: str
    folder: str
    """Below the home folder."""
    file: str
    otherwise: str | None
    """Where its settings are without a login; None: where it wants."""


_PLACES: Final[Mapping[StreamKind, _Place]] = {
    "claude": _Place("CLAUDE_CONFIG_DIR", ".claude", ".credentials.json", "/tmp/claude"),
    "codex": _Place("CODEX_HOME", ".codex", "auth.json", None),
}


def login_of(stream: StreamKind, read_write: Iterable[str]) -> Login:
    """Return how a CLI is logged in whose type may write these folders.

    A type that may write the CLI's own settings folder has its login with it: the CLI renews that
    there. Without it, its key comes from ``secrets.env``.
    """
    place = _PLACES.get(stream)
    if place is None:
        return Login({})
    folders = (each.rstrip("/") for each in read_write)
    folder = next((each for each in folders if os.path.basename(each) == place.folder), None)
    if folder is not None:
        return Login({place.variable: folder}, (os.path.join(folder, place.file),))
    return Login({} if place.otherwise is None else {place.variable: place.otherwise})
