"""The machine's zone is known by its name, however the system says it."""

from pathlib import Path

import pytest

from djobs_daemon.local_zone import local_zone
from djobs_daemon.queue import zones
from djobs_daemon.queue.zones import zone_of
from djobs_protocol.errors import DjobsError


def test_the_variable_goes_before_the_system(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    system = (str(link), str(tmp_path / "none"))
    assert local_zone({}, *system) == "Europe/Berlin"
    assert local_zone({"TZ": "America/New_York"}, *system) == "America/New_York"
    assert local_zone({"TZ": ":/usr/share/zoneinfo/Asia/Tokyo"}, *system) == "Asia/Tokyo"
    assert local_zone({"TZ": "CET-1CEST,M3.5.0"}, *system) == "UTC"


def test_a_copied_file_is_named_by_the_other_one(tmp_path: Path) -> None:
    copied, named = tmp_path / "localtime", tmp_path / "timezone"
    copied.write_bytes(b"TZif2")
    assert local_zone({}, str(copied), str(named)) == "UTC"
    named.write_text("Europe/Berlin\n")
    assert local_zone({}, str(copied), str(named)) == "Europe/Berlin"
    named.write_bytes(b"\xff")
    assert local_zone({}, str(copied), str(named)) == "UTC"


def test_a_machine_without_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "_find", lambda _: None)
    with pytest.raises(DjobsError, match="Install its package tzdata"):
        zone_of("Europe/Berlin")
    zone_of("UTC")
