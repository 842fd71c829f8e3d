"""Looking at the disk for what a confinement is about: real paths, of what is there now.

What comes to be later, between this look and the command's end, is not known to it: a secret that
is stored meanwhile at a new place can be read.
"""

import os
import stat
from collections.abc import Iterable, Iterator

from djobs_daemon.executors.sandbox import secrets, unix_sockets
from djobs_daemon.executors.sandbox.confinement import Confinement
from djobs_daemon.executors.sandbox.mounts import inside
from djobs_protocol.endpoint import account_home
from djobs_protocol.errors import DjobsError, ErrorCode


def confine(
    workspace: str,
    *,
    home: str,
    network: bool,
    cwd: str = "",
    git: bool = False,
    read_write: Iterable[str] = (),
    read_only: Iterable[str] = (),
    hidden: Iterable[str] = (),
    revealed: Iterable[str] = (),
    own: Iterable[str] = (),
    sockets: Iterable[str] | None = None,
) -> Confinement:
    """Return what a command of a workspace is to see.

    Hidden are the secrets below ``home``, and below the account's home if that is another, but
    those in ``revealed``; the sockets of the system and all that somebody listens on (``sockets``,
    if not None); what ``hidden`` names; and ``own``: djobs' own folders, with its socket. Read-only
    in the workspace is what runs by itself later, ``.git`` among it unless ``git``, and
    ``read_only``, relative to the workspace; what is not there is left out.
    ``DjobsError(INVALID_PARAMS)`` when a folder that is to be written is missing, or so wide that
    confining means nothing. Call it just before the start: what has gone since cannot be hidden,
    and the sandbox then fails.
    """
    place = _folder(workspace, "the workspace")
    writable = [place, *(_folder(path, "read_write") for path in read_write)]
    homes = list(dict.fromkeys(os.path.realpath(each) for each in (home, account_home()) if each))
    for path in writable:
        _refuse_too_wide(path, homes)
    start = _folder(cwd, "cwd") if cwd else place
    private = tuple(_folders(secrets.TEMPORARY)) if os.name == "posix" else ()
    folders, files = _apart(_hidden(homes, hidden, own, frozenset(revealed)), place)
    listening = unix_sockets.listening() if sockets is None else sockets
    seen_files = {*files, *_out_of(_existing(listening), (*writable, *private))}
    return Confinement(
        workspace=place,
        network=network,
        read_write=tuple(writable[1:]),
        read_only=tuple(
            _existing(os.path.join(place, path) for path in _protected(place, git, read_only))
        ),
        hidden_folders=tuple(sorted(folders)),
        hidden_files=tuple(sorted(_out_of(seen_files, folders))),
        private=tuple(path for path in private if path not in writable),
        cwd=start,
    )


def _hidden(
    homes: Iterable[str], hidden: Iterable[str], own: Iterable[str], revealed: frozenset[str]
) -> Iterator[str]:
    known = (os.path.join(home, name) for home in homes for name in secrets.OF_HOME)
    yield from (path for path in known if path not in revealed)
    yield from secrets.OF_SYSTEM
    yield from hidden
    yield from own


def _protected(place: str, git: bool, read_only: Iterable[str]) -> Iterator[str]:
    yield from secrets.RUNS_OUTSIDE_LATER
    # That of a worktree is a file that names a folder; another name would be another repository.
    if git and os.path.isdir(os.path.join(place, secrets.GIT)):
        yield from secrets.GIT_RUNS
    else:
        yield secrets.GIT
    yield from read_only


def _apart(paths: Iterable[str], workspace: str) -> tuple[set[str], set[str]]:
    """Return folders and files apart; refuse to hide the workspace itself."""
    folders: set[str] = set()
    files: set[str] = set()
    for path in _existing(paths):
        if path == workspace:
            raise _wrong(f"{path} is to be hidden and to be worked in.")
        (folders if os.path.isdir(path) else files).add(path)
    inner = {path for path in folders if any(inside(path, each) for each in folders - {path})}
    return folders - inner, files


def _existing(paths: Iterable[str]) -> Iterator[str]:
    """Yield the real path of each that is there."""
    for path in paths:
        try:
            os.lstat(path)
            real = os.path.realpath(path, strict=True)
        except (OSError, ValueError):
            continue
        if os.path.lexists(real):
            yield real


def _out_of(paths: Iterable[str], folders: Iterable[str]) -> Iterator[str]:
    around = tuple(folders)
    yield from (path for path in paths if not any(inside(path, each) for each in around))


def _folders(paths: Iterable[str]) -> Iterator[str]:
    yield from dict.fromkeys(path for path in _existing(paths) if os.path.isdir(path))


def _folder(path: str, what: str) -> str:
    if not path.startswith("/"):
        raise _wrong(f"{what} must be an absolute path, not {path!r}.")
    try:
        real = os.path.realpath(path, strict=True)
        if stat.S_ISDIR(os.stat(real).st_mode):
            return real
    except (OSError, ValueError) as error:
        raise _wrong(f"{what} {path!r} cannot be looked at: {error}.") from None
    raise _wrong(f"{what} {path} is not a folder.")


def _refuse_too_wide(path: str, homes: Iterable[str]) -> None:
    """Whoever may write a home folder writes what its owner's next shell executes."""
    if path == "/" or any(inside(home, path) for home in homes):
        raise _wrong(
            f"{path} holds the whole home folder; a sandbox that may write there protects nothing.",
            hint="Work in a folder below it, or choose sandbox none for this type.",
        )


def _wrong(message: str, **data: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message, **data)
