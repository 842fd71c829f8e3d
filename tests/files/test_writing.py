"""All files are written into the root, or none, and nothing outside of it."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from djobs_files import limits
from djobs_files.values import NewFile, Outcome
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.files.conftest import Place
from tests.harness import needs


def refusal(place: Place, *files: tuple[str, str] | NewFile) -> DjobsError:
    """Write what must be refused; nothing may have changed, in the root or outside."""
    before = place.state()
    with pytest.raises(DjobsError) as refused:
        place.write(("good", "new"), *files)
    assert place.state() == before
    place.check_outside()
    assert not place.undo_folder.exists()
    return refused.value


def test_files_and_their_folders_are_written(place: Place) -> None:
    (place.root / "old").write_text("before")
    receipts = place.write(("old", "after"), ("a/b/new", "x"), ("a/other", ""))
    assert (place.root / "old").read_text() == "after"
    assert (place.root / "a/b/new").read_text() == "x"
    assert [receipt.path for receipt in receipts] == ["old", "a/b/new", "a/other"]
    assert [receipt.bytes for receipt in receipts] == [5, 1, 0]
    assert [receipt.before_sha256 is None for receipt in receipts] == [False, True, True]
    assert sorted(os.listdir(place.root)) == ["a", "old"]


def test_a_path_that_leads_out_refuses_all_of_them(place: Place) -> None:
    for path in ("../outside/f", str(place.outside / "f"), "a/../../outside/f"):
        assert refusal(place, (path, "x")).code is ErrorCode.PATH_REFUSED


def test_a_symbolic_link_anywhere_on_the_way_is_refused(place: Place) -> None:
    (place.root / "out").symlink_to(place.outside)
    (place.root / "in").symlink_to(place.root)
    (place.root / "file").symlink_to(place.outside / "f")
    (place.root / "dangling").symlink_to(place.outside / "none")
    (place.root / "sub").mkdir()
    (place.root / "sub/out").symlink_to(place.outside)
    for path in ("out/f", "out/new", "in/new", "file", "dangling", "sub/out/f", "sub/out/x/y"):
        assert refusal(place, (path, "x")).code is ErrorCode.PATH_REFUSED


def test_a_root_may_itself_be_reached_through_a_link(place: Place) -> None:
    (place.folder / "alias").symlink_to(place.root)
    place.root = place.folder / "alias"
    place.write(("f", "x"))
    assert (place.folder / "root/f").read_text() == "x"


def test_a_hard_link_is_replaced_and_not_written_through(place: Place) -> None:
    os.link(place.outside / "f", place.root / "f")
    place.write(("f", "new"))
    assert (place.root / "f").read_text() == "new"
    place.check_outside()


def test_what_is_no_regular_file_is_refused_without_waiting(place: Place) -> None:
    os.mkfifo(place.root / "fifo")
    (place.root / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(place.root)
        listener.bind("socket")
    for path in ("fifo", "folder", "socket"):
        assert refusal(place, (path, "x")).code is ErrorCode.PATH_REFUSED


def test_a_file_on_the_way_is_refused(place: Place) -> None:
    (place.root / "file").write_text("x")
    assert refusal(place, ("file/new", "x")).code is ErrorCode.PATH_REFUSED


def test_a_name_that_is_there_in_other_letters_is_refused(place: Place) -> None:
    (place.root / "README.md").write_text("x")
    (place.root / "Sub").mkdir()
    for path in ("readme.md", "sub/new"):
        assert "as good as" in refusal(place, (path, "x")).message
    place.write(("README.md", "y"), ("Sub/new", "z"))


def test_the_mode_of_a_file_is_kept_and_may_be_given(place: Place) -> None:
    (place.root / "script").write_text("x")
    (place.root / "script").chmod(0o751)
    place.write(("script", "y"), ("plain", "z"), NewFile("tool", b"", 0o755))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.root.iterdir()}
    assert modes == {"script": 0o751, "plain": 0o644, "tool": 0o755}


def test_set_uid_bits_do_not_go_to_new_content_and_come_back(place: Place) -> None:
    tool = place.root / "tool"
    tool.write_text("x")
    tool.chmod(0o4755)
    place.write(("tool", "y"))
    assert stat.S_IMODE(tool.stat().st_mode) == 0o755
    place.undo()
    assert stat.S_IMODE(tool.stat().st_mode) == 0o4755


def test_too_many_and_too_large_files_are_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = NewFile("big", b"x" * (limits.FILE_BYTES_MAX + 1))
    assert refusal(place, big).code is ErrorCode.TOO_LARGE
    each = b"x" * limits.FILE_BYTES_MAX
    many = [NewFile(f"f{n}", each) for n in range(limits.BYTES_MAX // limits.FILE_BYTES_MAX + 1)]
    assert refusal(place, *many).code is ErrorCode.TOO_LARGE
    tiny = [NewFile(f"f{n}", b"") for n in range(limits.FILES_MAX)]
    assert refusal(place, *tiny).code is ErrorCode.TOO_LARGE


def test_a_file_too_large_to_be_kept_is_not_replaced(place: Place) -> None:
    with (place.root / "big").open("wb") as file:
        file.truncate(limits.FILE_BYTES_MAX + 1)
    assert refusal(place, ("big", "x")).code is ErrorCode.TOO_LARGE


def test_an_undo_folder_is_for_one_change(place: Place) -> None:
    place.write(("f", "x"))
    with pytest.raises(DjobsError) as refused:
        place.write(("f", "y"))
    assert refused.value.code is ErrorCode.CONFLICT
    assert (place.root / "f").read_text() == "x"


@pytest.mark.parametrize("point", ["written", "opened", "remembered"])
def test_a_file_that_somebody_changes_meanwhile_takes_all_back(place: Place, point: str) -> None:
    (place.root / "a").write_text("a")
    (place.root / "b").write_text("b")

    def interfere(reached: str) -> None:
        if reached == point:
            (place.root / "b").write_text("theirs")

    with pytest.raises(DjobsError) as refused:
        place.write(("a", "x"), ("new/c", "y"), ("b", "z"), reached=interfere)
    assert refused.value.code is ErrorCode.CONFLICT
    assert (place.root / "a").read_text() == "a"
    assert (place.root / "b").read_text() == "theirs"
    assert sorted(os.listdir(place.root)) == ["a", "b"]


def test_a_full_disk_takes_all_back(tmp_path: Path) -> None:
    disk = tmp_path / "root"
    disk.mkdir()
    with needs.small_disk(disk, 64 * 1024):
        place = Place(tmp_path)
        (place.root / "a").write_text("a")
        with pytest.raises(DjobsError) as refused:
            place.write(("a", "x"), ("big", "y" * 200_000))
        assert refused.value.code is ErrorCode.STORAGE_FULL
        assert {name: content for name, (_, _, content) in place.state().items()} == {"a": b"a"}


def test_a_folder_that_may_not_be_written_takes_all_back(place: Place) -> None:
    program = (
        "import sys; from djobs_files.values import NewFile; "
        "from djobs_files.writing import write_all; "
        "write_all(sys.argv[1], [NewFile('a', b'x'), NewFile('shut/b', b'y')], sys.argv[2])"
    )
    (place.root / "a").write_text("a")
    (place.root / "shut").mkdir()
    (place.root / "shut").chmod(0o500)
    command = (sys.executable, "-c", program, str(place.root), str(place.undo_folder))
    done = subprocess.run(
        needs.without_powers(*command), capture_output=True, text=True, check=False
    )
    (place.root / "shut").chmod(0o700)
    assert "cannot be written" in done.stderr
    assert (place.root / "a").read_text() == "a"


def test_undoing_puts_back_what_was_there(place: Place) -> None:
    (place.root / "old").write_text("before")
    (place.root / "old").chmod(0o600)
    (place.root / "sub").mkdir()
    before = place.state()
    place.write(("old", "after"), ("sub/new", "x"), ("a/b/c", "y"), NewFile("old2", b"", 0o777))
    assert place.undo() == {
        "old": Outcome.RESTORED,
        "sub/new": Outcome.REMOVED,
        "a/b/c": Outcome.REMOVED,
        "old2": Outcome.REMOVED,
    }
    assert place.state() == before
    assert set(place.undo().values()) == {Outcome.UNTOUCHED}


def test_what_was_changed_since_is_left_alone_and_the_rest_undone(place: Place) -> None:
    for name in ("a", "b", "c"):
        (place.root / name).write_text(name)
    place.write(("a", "1"), ("b", "2"), ("c", "3"), ("d/new", "4"), ("e/new", "5"))
    (place.root / "a").write_text("theirs")
    (place.root / "b").unlink()
    (place.root / "d/new").write_text("theirs")
    (place.root / "e/theirs").write_text("theirs")
    assert place.undo() == {
        "a": Outcome.REFUSED,
        "b": Outcome.REFUSED,
        "c": Outcome.RESTORED,
        "d/new": Outcome.REFUSED,
        "e/new": Outcome.REMOVED,
    }
    assert {
        name: content for name, (kind, _, content) in place.state().items() if kind == "file"
    } == {
        "a": b"theirs",
        "c": b"c",
        "d/new": b"theirs",
        "e/theirs": b"theirs",
    }


def test_an_undo_follows_no_link_that_was_put_in_the_way(place: Place) -> None:
    (place.root / "sub").mkdir()
    (place.root / "sub/f").write_text("outside")
    (place.root / "g").write_text("outside")
    place.write(("sub/f", "x"), ("g", "y"))
    (place.root / "sub").rename(place.root / "moved")
    (place.root / "sub").symlink_to(place.outside)
    (place.root / "g").unlink()
    (place.root / "g").symlink_to(place.outside / "f")
    assert set(place.undo().values()) == {Outcome.REFUSED}
    place.check_outside()


def test_a_record_that_was_tampered_with_leads_nowhere(place: Place) -> None:
    place.write(("f", "outside"))
    manifest = place.undo_folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"f"', '"../outside/f"'))
    assert set(place.undo().values()) == {Outcome.REFUSED}
    place.check_outside()
    manifest.write_text("{")
    with pytest.raises(DjobsError, match="cannot be read"):
        place.undo()


def test_a_kept_content_that_is_damaged_is_not_put_back(place: Place) -> None:
    (place.root / "f").write_text("before")
    place.write(("f", "after"))
    (place.undo_folder / "0").write_text("damaged")
    assert place.undo() == {"f": Outcome.REFUSED}
    assert (place.root / "f").read_text() == "after"


def test_an_undo_of_another_root_is_refused(place: Place) -> None:
    place.write(("f", "x"))
    place.root = place.folder / "other"
    place.root.mkdir()
    with pytest.raises(DjobsError) as refused:
        place.undo()
    assert refused.value.code is ErrorCode.CONFLICT
