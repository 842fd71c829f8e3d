"""Reading for a model stays inside the workspace, and refuses what is no text."""

import os
from pathlib import Path

import pytest

from djobs_llm.confined import Refused, read_text

BYTES_MAX = 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with a file in it, beside a file that must not be read."""
    (tmp_path / "secret").write_text("outside")
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("inside")
    return folder


def read(root: Path, path: str) -> str:
    return read_text(root, path, BYTES_MAX)


def test_a_file_is_read_by_any_way_that_stays_inside(root: Path) -> None:
    (root / "link").symlink_to("sub/a.txt")
    (root / "folder").symlink_to(root / "sub")
    for path in ("sub/a.txt", "./sub/../sub/a.txt", "link", "folder/a.txt", f"{root}/sub/a.txt"):
        assert read(root, path) == "inside"


def test_nothing_outside_is_read(root: Path) -> None:
    (root / "link").symlink_to("../secret")
    (root / "up").symlink_to("..")
    for path in ("../secret", "link", "up/secret", f"{root.parent}/secret", "/etc/passwd", "."):
        with pytest.raises(Refused, match=r"leads out of the workspace|not a regular file"):
            read(root, path)


def test_a_folder_exchanged_for_a_link_while_it_is_read_leads_nowhere(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way is looked up, then somebody puts a link to the outside into it."""
    (root.parent / "other").mkdir()
    (root.parent / "other" / "a.txt").write_text("outside")
    look_up = os.path.realpath

    def then_exchange(path: str, *, strict: bool = False) -> str:
        found = look_up(path, strict=strict)
        if found.endswith("a.txt"):
            (root / "sub").rename(root / "moved")
            (root / "sub").symlink_to(root.parent / "other")
        return found

    monkeypatch.setattr(os.path, "realpath", then_exchange)
    with pytest.raises(Refused, match="cannot be read"):
        read(root, "sub/a.txt")


def test_a_pipe_is_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(Refused, match="not a regular file"):
        read(root, "pipe")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"x" * (BYTES_MAX + 1), "1001 bytes, more than the 1000"), (b"\xff\xfe", "not UTF-8")],
)
def test_what_is_too_large_or_no_text_is_refused(root: Path, content: bytes, reason: str) -> None:
    (root / "b").write_bytes(content)
    with pytest.raises(Refused, match=reason):
        read(root, "b")


@pytest.mark.parametrize("path", ["none", "sub/none", "sub/a.txt/b", "a\0b"])
def test_what_is_not_there_is_named(root: Path, path: str) -> None:
    with pytest.raises(Refused, match=r"does not exist|cannot be read"):
        read(root, path)
