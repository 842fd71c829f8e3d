"""What was changed where, kept below the djobs home, so that it can be put back byte for byte.

A change is two files: ``<number>.json`` says what was done, ``<number>.before`` is the original.
Both are on the disk before the host's file is touched.
"""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final, cast

from djobs_local.folders import ensure_private_folder
from djobs_local.records import read_record, write_record
from djobs_setup.editing.result import Path, Undo
from djobs_setup.hosts import Scope
from djobs_setup.wishes import Kind

FOLDER: Final = "setup"


@dataclass(frozen=True)
class Change:
    """One change that stands."""

    hosts: tuple[str, ...]
    scope: Scope
    path: str
    kind: Kind
    at: Path
    value: Any
    undo: Undo
    before: str | None
    """The digest of the original; None: there was no file."""
    after: str
    exact: bool
    """Whether the original is what was there without djobs."""
    mode: int
    folders: tuple[str, ...]
    """Those that were made, outer ones first."""
    lock: bool
    made_at: str


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return sha256(content).hexdigest()


class Ledger:
    """The changes in one djobs home."""

    def __init__(self, home: str) -> None:
        self.folder = os.path.join(home, FOLDER)

    def changes(self) -> dict[int, Change]:
        """Return all changes by their numbers, oldest first; what cannot be read is left out."""
        numbers = sorted(map(int, self._numbers()))
        found = ((number, self._read(number)) for number in numbers)
        return {number: change for number, change in found if change is not None}

    def original(self, number: int) -> bytes | None:
        """Return the content from before a change; None when it is not what was kept."""
        change = self._read(number)
        try:
            with open(self._path(number, "before"), "rb") as file:
                content = file.read()
        except OSError:
            return None
        return content if change and digest(content) == change.before else None

    def add(self, change: Change, original: bytes | None) -> int:
        """Write a change down, and the original with it; return its number."""
        ensure_private_folder(self.folder)
        number = max(map(int, self._numbers()), default=0) + 1
        if original is not None:
            _write(self._path(number, "before"), original)
        write_record(self._path(number, "json"), _plain(change))
        return number

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove changes that no longer stand, and the folder with the last one."""
        for number in numbers:
            for suffix in ("json", "before"):
                _unlink(self._path(number, suffix))
        if os.path.isdir(self.folder) and not os.listdir(self.folder):
            os.rmdir(self.folder)

    def _numbers(self) -> list[str]:
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        return [
            stem
            for stem, _, suffix in (name.partition(".") for name in names)
            if suffix == "json" and stem.isdecimal()
        ]

    def _read(self, number: int) -> Change | None:
        raw = read_record(self._path(number, "json"))
        try:
            return None if raw is None else _change(raw)
        except (KeyError, TypeError):
            return None

    def _path(self, number: int, suffix: str) -> str:
        return os.path.join(self.folder, f"{number}.{suffix}")


def _plain(change: Change) -> dict[str, Any]:
    return {**asdict(change), "undo": change.undo.as_json()}


def _change(raw: dict[str, Any]) -> Change:
    lists = {name: tuple(raw[name]) for name in ("hosts", "at", "folders")}
    return Change(**cast("Any", {**raw, **lists, "undo": Undo.from_json(raw["undo"])}))


def _write(path: str, content: bytes) -> None:
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb"
    ) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
