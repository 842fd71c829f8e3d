"""What an undo needs to know, on the disk before the first file is written."""

import json
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final

from djobs_files.names import Parts, parts
from djobs_files.refusals import changed, failed

_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class Before:
    """A file that was there."""

    sha256: str
    mode: int
    """Permission bits, set-uid and the like included."""


@dataclass(frozen=True)
class Entry:
    """One file of a change."""

    path: str
    temporary: str
    """The name in the same folder under which the new content is written first."""
    sha256: str
    before: Before | None
    """None: it was not there."""

    @property
    def names(self) -> Parts:
        """The path's names, checked again: the record may have been tampered with."""
        return parts(self.path)


@dataclass(frozen=True)
class Change:
    """All that one ``write_all`` set out to do."""

    root: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    """Those that were not there, outer ones first."""


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return sha256(content).hexdigest()


def begin(folder: str) -> None:
    """Create the undo folder, or take an empty one."""
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        if os.listdir(folder):
            raise changed(folder, "has something in it; each change has an undo folder of its own")
    except OSError as error:
        raise failed(folder, error) from None


def keep(folder: str, number: int, content: bytes) -> None:
    """Keep the old content of the file with that number."""
    _write(os.path.join(folder, str(number)), content)


def kept(folder: str, number: int, before: Before) -> bytes:
    """Return a content that was kept; ``DjobsError`` when it is not what it was."""
    path = os.path.join(folder, str(number))
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise failed(path, error) from None
    if digest(content) != before.sha256:
        raise changed(path, "is damaged; it is not what was kept")
    return content


def write(folder: str, change: Change) -> None:
    """Write down a change, whole or not at all; the contents are kept already."""
    path = os.path.join(folder, _MANIFEST)
    _write(path + ".tmp", json.dumps(asdict(change)).encode())
    os.rename(path + ".tmp", path)
    _sync(folder)


def read(folder: str) -> Change | None:
    """Return the change; None when it was never begun, so that nothing was written."""
    path = os.path.join(folder, _MANIFEST)
    try:
        with open(path, "rb") as file:
            raw = json.loads(file.read())
        return Change(raw["root"], tuple(map(_entry, raw["entries"])), tuple(raw["folders"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failed(path, error) from None
    except (ValueError, KeyError, TypeError):
        raise changed(path, "cannot be read; what it describes was left as it is") from None


def _entry(raw: dict[str, Any]) -> Entry:
    before = None if raw["before"] is None else Before(**raw["before"])
    return Entry(**{**raw, "before": before})


def _write(path: str, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(fd)


def _sync(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
