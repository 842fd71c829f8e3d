"""djobs works from wherever pip may put it: the daemon finds what its client was started with."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from djobs_local.presence import Kind
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until

ROOT = Path(__file__).parents[2]
SITE = Path(sysconfig.get_path("purelib"))
BARE_PYTHON = os.path.realpath(sys.executable)
"""The interpreter below the virtual environment, without what is installed there."""


@pytest.fixture
def no_framework() -> None:
    needs.elsewhere_than("darwin", "a framework's user site is elsewhere")


def wheel_packages() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return found


def add_dependencies(folder: Path) -> None:
    """Let everything in this environment's site folder, but djobs and start-up hooks, be found."""
    for each in SITE.iterdir():
        if "djobs" not in each.name and each.suffix != ".pth":
            (folder / each.name).symlink_to(each)


def install(folder: Path) -> None:
    """Do what `pip install --target folder` does, but for copies of the dependencies."""
    folder.mkdir(parents=True)
    add_dependencies(folder)
    for package in wheel_packages():
        shutil.copytree(ROOT / package, folder / Path(package).name)


def user_site(base: Path) -> Path:
    return base / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def run_command(home: DaemonHome, *words: str, **environ: str) -> "dict[str, object]":
    done = subprocess.run(
        [BARE_PYTHON, "-m", "djobsctl", *words, "--json"],
        env={**home.env, **environ},
        cwd=home.state,
        capture_output=True,
        timeout=PATIENCE_SECONDS * 2,
        check=False,
    )
    assert done.returncode == 0, done
    said: dict[str, object] = json.loads(done.stdout)
    return said


@pytest.mark.usefixtures("no_framework")
@pytest.mark.parametrize("how", ["--user", "--target"])
def test_a_daemon_starts_and_is_checked_from_a_folder_that_isolation_hides(
    how: str, daemon_home: DaemonHome, tmp_path: Path
) -> None:
    folder = user_site(tmp_path) if how == "--user" else tmp_path / "djobs"
    variable = ("PYTHONUSERBASE", tmp_path) if how == "--user" else ("PYTHONPATH", folder)
    install(folder)
    environ = {variable[0]: str(variable[1])}
    run_command(daemon_home, "start", **environ)
    daemon_home.wait_sdk()
    assert str(folder).encode() in daemon_home.proc("cmdline")
    daemon_home.stop()
    assert run_command(daemon_home, "db", "verify", **environ)["checked_by"] == "offline"


@pytest.mark.usefixtures("no_framework")
def test_a_daemon_of_a_checkout_finds_what_is_in_the_users_site_folder(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    folder = user_site(tmp_path / ".local")
    folder.mkdir(parents=True)
    add_dependencies(folder)
    main = ROOT / "daemon" / "djobs_daemon" / "__main__.py"
    command = [BARE_PYTHON, "-I", str(main), "--foreground"]
    with subprocess.Popen(command, env={**daemon_home.env, "HOME": str(tmp_path)}) as daemon:
        wait_until(lambda: daemon_home.look().kind is Kind.SERVING, "the daemon answers")
        daemon_home.stop()
        assert daemon.wait(PATIENCE_SECONDS) == 0
