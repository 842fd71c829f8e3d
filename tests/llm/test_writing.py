"""Files are written all or none, and can be taken back; `tests/files` has the rest."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from djobs_files.undoing import undo
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


def test_what_a_file_held_is_kept_and_can_be_put_back(root: Path) -> None:
    (root / "run").write_text("old")
    (root / "run").chmod(0o750)
    assert write(root, run="new")[0].change == "changed"
    assert (root / "run").read_text() == "new"
    assert (root / "run").stat().st_mode & 0o777 == 0o750
    undo(str(root), str(root.parent / "undo"))
    assert (root / "run").read_text() == "old"


def test_a_file_that_is_so_already_is_told_apart(root: Path) -> None:
    (root / "a").write_text("x")
    assert write(root, a="x")[0].change == "same"


def test_when_one_cannot_be_written_none_is(root: Path) -> None:
    (root / "b").mkdir()
    with pytest.raises(JobFailed, match="'b' cannot be written") as refused:
        write(root, a="x", b="y")
    assert refused.value.code is Code.OUTPUT_REFUSED
    assert os.listdir(root) == ["b"]


def test_without_files_nothing_is_begun(root: Path) -> None:
    assert write(root) == ()
    assert not (root.parent / "undo").exists()
