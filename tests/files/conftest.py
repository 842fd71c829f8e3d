"""A root with a world around it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from djobs_files.undoing import undo
from djobs_files.values import NewFile, Outcome, Reached, Receipt, unnoticed
from djobs_files.writing import write_all

Snapshot = dict[str, tuple[str, int, bytes]]


def snapshot(folder: Path) -> Snapshot:
    """Return everything below a folder: kind, mode, and content or where a link leads."""
    found: Snapshot = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode & 0o7777
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = ("link", 0, str(path.readlink()).encode())
        elif path.is_dir():
            found[name] = ("folder", mode, b"")
        elif path.is_file():
            found[name] = ("file", mode, path.read_bytes())
        else:
            found[name] = ("special", mode, b"")
    return found


@dataclass
class Place:
    """A root to write into, and what must stay as it is."""

    folder: Path

    def __post_init__(self) -> None:
        self.root = self.folder / "root"
        self.outside = self.folder / "outside"
        self.undo_folder = self.folder / "undo"
        for path in (self.root, self.outside):
            path.mkdir(exist_ok=True)
        (self.outside / "f").write_text("outside")
        self.before_outside = snapshot(self.outside)

    def write(
        self, *files: tuple[str, str] | NewFile, reached: Reached = unnoticed
    ) -> list[Receipt]:
        new = [
            each if isinstance(each, NewFile) else NewFile(each[0], each[1].encode())
            for each in files
        ]
        return write_all(str(self.root), new, str(self.undo_folder), reached)

    def undo(self) -> dict[str, Outcome]:
        return {each.path: each.outcome for each in undo(str(self.root), str(self.undo_folder))}

    def state(self) -> Snapshot:
        return snapshot(self.root)

    def check_outside(self) -> None:
        assert snapshot(self.outside) == self.before_outside


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
