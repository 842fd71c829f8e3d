"""The systemd user unit runs this installation's daemon."""

import configparser
import subprocess
import sys

import pytest

from djobs_service import installed_daemon, systemd_unit


def parsed(unit: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as systemd reads them
    parser.read_string(unit)
    return parser


def test_the_unit_runs_the_daemon_in_the_foreground_as_a_service() -> None:
    unit = parsed(systemd_unit("/opt/djobs/bin/djobsd"))

    assert unit["Service"]["ExecStart"] == "/opt/djobs/bin/djobsd --foreground --owner service"
    assert unit["Service"]["KillMode"] == "process"
    assert unit["Install"]["WantedBy"] == "default.target"


def test_an_awkward_path_stays_one_word() -> None:
    unit = parsed(systemd_unit("/opt/my djobs/100%/djobsd"))

    assert unit["Service"]["ExecStart"].startswith('"/opt/my djobs/100%%/djobsd" --foreground')


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(ValueError, match="not an absolute path"):
        systemd_unit("djobsd")


def test_the_printed_unit_names_the_daemon_that_is_there() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "djobs_service"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    executable = parsed(printed)["Service"]["ExecStart"].split()[0]
    assert executable == installed_daemon()
