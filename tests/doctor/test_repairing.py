"""What ``--fix`` does, it does to the very file that was judged, and to no other (R51)."""

import os
from pathlib import Path

import pytest

from djobsctl.doctor.files import see
from djobsctl.doctor.finding import Kind, Repair
from djobsctl.doctor.repairing import NotTheSame, apply
from tests.harness.needs import needs_root


def planned(path: Path, kind: Kind) -> Repair:
    seen = see(str(path))
    assert seen is not None
    return seen.repair(kind)


def a_file(folder: Path, name: str = "f", mode: int = 0o644) -> Path:
    path = folder / name
    path.write_text("x")
    path.chmod(mode)
    return path


def test_the_rights_of_others_are_taken_away_and_the_owner_s_stay(tmp_path: Path) -> None:
    path = a_file(tmp_path, mode=0o757)
    apply(planned(path, Kind.PRIVATE))
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_file_that_means_nothing_is_removed(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    apply(planned(path, Kind.REMOVE))
    assert not path.exists()


@pytest.mark.parametrize("kind", Kind)
def test_a_file_that_took_its_place_is_left_alone(tmp_path: Path, kind: Kind) -> None:
    path = a_file(tmp_path)
    repair = planned(path, kind)
    path.rename(tmp_path / "kept")
    a_file(tmp_path)
    with pytest.raises(NotTheSame, match="another file"):
        apply(repair)
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("kind", Kind)
def test_a_link_that_took_its_place_is_not_followed(tmp_path: Path, kind: Kind) -> None:
    path = a_file(tmp_path)
    target = a_file(tmp_path, "target")
    repair = planned(path, kind)
    path.unlink()
    path.symlink_to(target)
    with pytest.raises((NotTheSame, OSError)):
        apply(repair)
    assert target.stat().st_mode & 0o777 == 0o644


@needs_root
@pytest.mark.parametrize("kind", Kind)
def test_a_file_of_another_user_is_left_alone(tmp_path: Path, kind: Kind) -> None:
    path = a_file(tmp_path)
    os.chown(path, 12345, 12345)
    with pytest.raises(NotTheSame, match="uid 12345"):
        apply(planned(path, kind))
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_folder_is_never_removed(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    with pytest.raises(NotTheSame):
        apply(planned(folder, Kind.REMOVE))
    assert folder.is_dir()
