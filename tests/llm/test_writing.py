"""Files are written whole, inside the workspace, and what they held before is kept."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from djobs_llm.contract import Code, WrittenFile
from djobs_llm.failure import JobFailed
from djobs_llm.writing import write_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an empty workspace."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def write(root: Path, **files: str) -> tuple[WrittenFile, ...]:
    named = {name.replace("__", "/"): text for name, text in files.items()}
    return write_files(root, named, root.parent / "undo")


def test_new_files_and_their_folders_are_made(root: Path) -> None:
    written = write(root, a__b__c="x", d="y")
    assert (root / "a/b/c").read_text() == "x"
    assert written[0] == WrittenFile(
        path="a/b/c", bytes=1, sha256=sha256(b"x").hexdigest(), change="new"
    )
    assert sorted(os.listdir(root)) == ["a", "d"]


def test_what_a_file_held_is_kept_and_its_mode_stays(root: Path) -> None:
    (root / "run").write_text("old")
    (root / "run").chmod(0o750)
    assert write(root, run="new")[0].change == "changed"
    assert (root / "run").read_text() == "new"
    assert (root / "run").stat().st_mode & 0o777 == 0o750
    assert (root.parent / "undo" / "run").read_text() == "old"


def test_a_file_that_is_so_already_is_not_touched(root: Path) -> None:
    (root / "a").write_text("x")
    before = (root / "a").stat()
    assert write(root, a="x")[0].change == "same"
    assert (root / "a").stat().st_mtime_ns == before.st_mtime_ns
    assert not (root.parent / "undo").exists()


@pytest.mark.parametrize("path", ["link", "folder/a"])
def test_no_link_is_followed(root: Path, path: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "a").write_text("theirs")
    (root / "link").symlink_to(outside / "a")
    (root / "folder").symlink_to(outside)
    with pytest.raises(JobFailed, match=f"{path} cannot be written") as refused:
        write_files(root, {path: "mine"}, root.parent / "undo")
    assert refused.value.code is Code.OUTPUT_REFUSED
    assert (outside / "a").read_text() == "theirs"


def test_a_folder_is_not_replaced(root: Path) -> None:
    (root / "a").mkdir()
    with pytest.raises(JobFailed, match="a cannot be written"):
        write(root, a="x")
    assert os.listdir(root) == ["a"]
