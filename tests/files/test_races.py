"""Whoever swaps a component for a link, at any moment, leads nothing outside."""

import ctypes
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from djobs_files.undoing import undo
from djobs_files.values import NewFile
from djobs_files.writing import write_all
from djobs_protocol.errors import DjobsError
from tests.files.conftest import Place
from tests.harness import needs

POINTS = ["surveyed", "kept", "remembered", "opened", "written", "looked"]
UNDO_POINTS = ["restoring", "restored", "removed"]
ROUNDS = 60
AT_FDCWD = -100
RENAME_EXCHANGE = 2


def swap_folder(place: Place) -> None:
    """Put a link outside in the place of the folder that is written into."""
    with suppress(OSError):
        (place.root / "sub").rename(place.root / "moved")
        (place.root / "sub").symlink_to(place.outside)


def swap_file(place: Place) -> None:
    """Put a link outside in the place of the file that is replaced."""
    for name in ("sub/f", "sub/g"):
        with suppress(OSError):
            (place.root / name).unlink()
        with suppress(OSError):
            (place.root / name).symlink_to(place.outside / "f")


def swap_temporary(place: Place) -> None:
    """Put a link outside in the place of the new content that has no name yet."""
    for path in (place.root / "sub").glob(".djobs-*"):
        path.unlink()
        path.symlink_to(place.outside / "f")


def plant_temporary(place: Place) -> None:
    """Put links outside where new contents will be written first, as the record tells."""
    manifest = place.undo_folder / "manifest.json"
    if manifest.exists():
        for entry in json.loads(manifest.read_text())["entries"]:
            with suppress(OSError):
                (place.root / "sub" / entry["temporary"]).symlink_to(place.outside / "f")


SWAPS = [swap_folder, swap_file, swap_temporary, plant_temporary]
each_swap = pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)


def prepared(place: Place) -> None:
    (place.root / "sub").mkdir()
    for name in ("f", "g"):
        (place.root / "sub" / name).write_text("outside")


def at(point: str, act: Callable[[Place], None], place: Place) -> Callable[[str], None]:
    return lambda reached: act(place) if reached == point else None


@each_swap
@pytest.mark.parametrize("point", POINTS)
def test_a_swap_at_any_point_of_a_write_leads_nothing_outside(
    point: str, swap: Callable[[Place], None], place: Place
) -> None:
    prepared(place)
    with suppress(DjobsError):
        place.write(
            ("sub/f", "x"), ("sub/g", "y"), ("sub/new", "z"), reached=at(point, swap, place)
        )
    place.check_outside()


@each_swap
@pytest.mark.parametrize("point", UNDO_POINTS)
def test_a_swap_at_any_point_of_an_undo_leads_nothing_outside(
    point: str, swap: Callable[[Place], None], place: Place
) -> None:
    prepared(place)
    place.write(("sub/f", "x"), ("sub/g", "y"), ("sub/new", "z"))
    with suppress(DjobsError):
        undo(str(place.root), str(place.undo_folder), at(point, swap, place))
    place.check_outside()


def test_following_a_path_would_have_led_outside(place: Place) -> None:
    prepared(place)
    swap_folder(place)
    (place.root / "sub/f").write_text("x")
    with pytest.raises(AssertionError):
        place.check_outside()


def exchange(one: Path, other: Path) -> None:
    """Swap two names at once, so that each is always there."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = (AT_FDCWD, bytes(one), AT_FDCWD, bytes(other))
    if libc.renameat2(*names, RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), "renameat2")


@contextmanager
def flapping(folder: Path, outside: Path) -> Iterator[None]:
    """Make a folder a link outside and a folder again, as fast as it goes, in a thread."""
    over = threading.Event()
    link = folder.with_name("link")
    link.symlink_to(outside)

    def flap() -> None:
        for pause in itertools.cycle((0.0, 0.001, 0.003)):  # or nothing would get past the look
            if over.wait(pause):
                return
            exchange(folder, link)

    thread = threading.Thread(target=flap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_folder_that_flaps_while_files_are_written_and_undone_leads_nothing_outside(
    place: Place,
) -> None:
    needs.linux("names are exchanged by a call of Linux")
    prepared(place)
    with flapping(place.root / "sub", place.outside):
        for number in range(ROUNDS):
            folder = str(place.folder / f"undo{number}")
            files = [NewFile("sub/f", str(number).encode()), NewFile(f"sub/new{number}", b"x")]
            try:
                write_all(str(place.root), files, folder)
                undo(str(place.root), folder)
            except DjobsError:
                continue
    place.check_outside()
