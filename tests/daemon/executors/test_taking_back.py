"""Taking files back survives a death at any step, and is one way through many writings."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djobs_agent.contract import Change
from djobs_daemon.executors.file_changes import CannotApply, carry_out
from djobs_daemon.executors.kept_writes import note_taken_back
from djobs_daemon.executors.taking_back import look, take_back
from djobs_files.record import digest
from djobs_files.values import NewFile
from djobs_files.writing import write_all

STEPS_MAX = 200


class Died(BaseException):
    """As a SIGKILL: nothing that handles errors sees it."""


class Scene:
    """A workspace, and the folders of the runs that wrote there."""

    def __init__(self, root: Path) -> None:
        self.workspace = root / "work"
        self.runs = [root / "j1.1", root / "j1.2"]
        for each in (self.workspace, *self.runs):
            each.mkdir()
        (self.workspace / "a.txt").write_text("old")
        (self.workspace / "gone").mkdir()
        (self.workspace / "gone/c.txt").write_text("c")
        (self.workspace / "gone/c.txt").chmod(0o751)
        self.before = self.state()

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Return everything that is there."""
        return {
            str(path.relative_to(self.workspace)): (
                stat.S_IMODE(path.stat().st_mode),
                path.read_bytes() if path.is_file() else b"",
            )
            for path in self.workspace.rglob("*")
        }

    def write(self, run: int, **files: str) -> None:
        new = [NewFile(path.replace("_", "."), text.encode()) for path, text in files.items()]
        write_all(str(self.workspace), new, str(self.runs[run] / "undo"))

    def change(self) -> None:
        """Change, make and remove a file, as an agent whose changes are applied."""
        new = {"a.txt": b"new", "sub/b.txt": b"b"}
        changes = [
            Change(
                path="a.txt",
                kind="changed",
                before_sha256=digest(b"old"),
                after_sha256=digest(b"new"),
            ),
            Change(path="sub/b.txt", kind="new", after_sha256=digest(b"b")),
            Change(path="gone/c.txt", kind="deleted", before_sha256=digest(b"c")),
        ]
        kept = str(self.runs[0] / "undo-1")
        carry_out(str(self.workspace), changes, lambda number: new[changes[number].path], kept)

    def undo(self) -> bool:
        found = take_back(str(self.workspace), [str(each) for each in self.runs])
        note_taken_back(found.writings)
        return found.done


def dying_at(step: int, patches: pytest.MonkeyPatch) -> None:
    """Let the process die before the call that changes the disk for the ``step``th time."""
    left = [step]

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Died
            return real(*arguments, **named)

        return call

    for name in ("mkdir", "rename", "rmdir", "unlink", "fsync", "fchmod"):
        patches.setattr(os, name, guard(getattr(os, name)))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_one_that_is_cut_off_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    for step in range(STEPS_MAX):
        root = tmp_path / str(step)
        root.mkdir()
        scene = Scene(root)
        scene.change()
        with pytest.MonkeyPatch.context() as patches:
            dying_at(step, patches)
            try:
                scene.undo()
            except Died:
                died = True
            else:
                died = False
        scene.undo()
        assert scene.state() == scene.before, step
        if not died:
            assert step > 20
            return
    pytest.fail("It never came to its end.")


def test_several_runs_are_taken_back_to_before_the_first(scene: Scene) -> None:
    scene.write(0, a_txt="one", b_txt="b")
    scene.write(1, a_txt="two")
    assert scene.undo()
    assert scene.state() == scene.before
    assert not scene.undo()


def test_what_somebody_else_wrote_between_two_runs_is_not_lost(scene: Scene) -> None:
    scene.write(0, a_txt="one")
    (scene.workspace / "a.txt").write_text("mine")
    scene.write(1, a_txt="two")
    with pytest.raises(CannotApply, match=r"a\.txt was changed by somebody else between"):
        scene.undo()
    assert (scene.workspace / "a.txt").read_text() == "two"


def test_a_run_that_was_taken_back_before_counts_no_more(scene: Scene) -> None:
    scene.write(0, a_txt="one")
    scene.undo()
    (scene.workspace / "a.txt").write_text("mine")
    scene.write(1, a_txt="two")
    assert scene.undo()
    assert (scene.workspace / "a.txt").read_text() == "mine"


def test_a_record_that_was_tampered_with_is_refused(scene: Scene) -> None:
    scene.write(0, a_txt="one")
    (scene.runs[0] / "undo/0").write_text("forged")
    with pytest.raises(CannotApply, match="damaged"):
        scene.undo()
    manifest = scene.runs[0] / "undo/manifest.json"
    manifest.write_text(manifest.read_text().replace("a.txt", "../x.txt"))
    with pytest.raises(CannotApply, match=r"\.\. in it"):
        scene.undo()
    manifest.write_text("{")
    with pytest.raises(CannotApply, match="cannot be read"):
        scene.undo()
    assert (scene.workspace / "a.txt").read_text() == "one"


def test_what_was_written_into_another_folder_is_refused(scene: Scene) -> None:
    scene.write(0, a_txt="one")
    moved = scene.workspace.rename(scene.workspace.with_name("moved"))
    with pytest.raises(CannotApply, match="It was written into"):
        look(str(moved), [str(each) for each in scene.runs])
