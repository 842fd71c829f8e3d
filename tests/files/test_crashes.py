"""A process killed in the middle leaves each file old or new, and the undo works."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from djobs_files.values import Outcome
from tests.files.conftest import Place, Snapshot

NEW = {"a": "new a", "sub/b": "new b", "made/deep/c": "new c", "d": "same"}
POINTS = ["surveyed", "kept", "remembered", "folder", "opened", "written", "looked", "replaced"]
UNDO_POINTS = ["restoring", "restored", "removed"]


def prepared(place: Place) -> Snapshot:
    (place.root / "sub").mkdir()
    for name in ("a", "sub/b", "d"):
        (place.root / name).write_text("same" if name == "d" else f"old {name}")
    (place.root / "a").chmod(0o640)
    return place.state()


def killed(place: Place, doing: str, point: str, nth: int) -> bool:
    """Run until it is killed; say whether it was."""
    program = str(Path(__file__).with_name("crashing.py"))
    words = (doing, str(place.root), str(place.undo_folder), point, str(nth))
    done = subprocess.run(
        [sys.executable, program, *words], input=json.dumps(NEW), text=True, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def contents(place: Place) -> dict[str, bytes]:
    files = {name: text for name, (kind, _, text) in place.state().items() if kind == "file"}
    return {name: text for name, text in files.items() if ".djobs-" not in name}


def check_old_or_new(place: Place, before: Snapshot) -> None:
    for name, text in contents(place).items():
        old = before.get(name)
        assert text in (NEW[name].encode(), None if old is None else old[2]), name
    assert {name for name, (kind, _, _) in before.items() if kind == "file"} <= contents(
        place
    ).keys()


@pytest.mark.parametrize("point", POINTS)
def test_a_write_that_is_killed_leaves_each_file_old_or_new_and_can_be_undone(
    point: str, place: Place
) -> None:
    before = prepared(place)
    nth = 1
    while killed(place, "write", point, nth):
        check_old_or_new(place, before)
        assert Outcome.REFUSED not in place.undo().values()
        assert place.state() == before
        subprocess.run(["rm", "-rf", str(place.undo_folder)], check=True)
        nth += 1
    assert nth > 1, "the point is never passed"
    assert contents(place) == {name: text.encode() for name, text in NEW.items()}


@pytest.mark.parametrize("point", UNDO_POINTS)
def test_an_undo_that_is_killed_can_be_repeated(point: str, place: Place) -> None:
    before = prepared(place)
    nth = 0
    more = True
    while more:
        nth += 1
        assert not killed(place, "write", "never", 1)
        more = killed(place, "undo", point, nth)
        check_old_or_new(place, before)
        assert Outcome.REFUSED not in place.undo().values()
        assert place.state() == before
        subprocess.run(["rm", "-rf", str(place.undo_folder)], check=True)
    assert nth > 1, "the point is never passed"
