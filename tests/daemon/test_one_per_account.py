"""One daemon per account, whatever the environment of its clients says (R20)."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.account import Account
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome

CONNECT = (
    "from djobs_local import call; from djobs_protocol.endpoint import state_dir\n"
    "print(call.connect(state_dir()).welcome['instance'])"
)
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture
def home() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        root = home.folder
        yield home
        if home.look().running:
            with home.connect() as connection:  # it wrote no birth: it is no test's to itself
                connection.call("daemon.stop")
        home.wait_gone()
        home.folder = root


def instance_of_library(account: Account, environ: list[str], cwd: str) -> str:
    return run(account.command("env", "-i", *environ, PYTHON, "-c", CONNECT, cwd=cwd)).strip()


def instance_of_djobsctl(account: Account, environ: list[str], cwd: str) -> str:
    status = ["-m", "djobsctl", "status", "--json"]
    document = json.loads(run(account.command("env", "-i", *environ, PYTHON, *status, cwd=cwd)))
    return str(document["daemon"]["instance"])


def run(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_clients_in_every_environment_share_the_daemon_of_their_account(home: DaemonHome) -> None:
    account = Account(home)
    elsewhere = account.home.parent / "elsewhere"
    elsewhere.mkdir()
    link = account.home.parent / "link"
    link.symlink_to(account.home)
    moved = [f"{name}={elsewhere}" for name in ("TMPDIR", *XDG)]
    environments: dict[str, tuple[list[str], str]] = {
        "nothing set": ([], "/"),
        "no HOME": ([PATH], "/"),
        "HOME with a slash": ([PATH, f"HOME={account.home}/"], "/"),
        "HOME through a link": ([PATH, f"HOME={link}"], "/"),
        "another HOME": ([PATH, f"HOME={elsewhere}"], "/"),
        "folders moved": ([PATH, f"HOME={account.home}", *moved], "/"),
        "another folder": ([PATH, f"HOME={account.home}"], str(elsewhere)),
        "a deleted folder": ([PATH, f"HOME={account.home}"], str(made(elsewhere / "gone"))),
    }
    found = {}
    for name, (environ, cwd) in environments.items():
        found[name] = instance_of_library(account, environ, cwd)
        made(Path(cwd))
        found[name + ", djobsctl"] = instance_of_djobsctl(account, environ, cwd)
    assert set(found.values()) == {home.instance()}, found
    assert len(list(home.folder.glob("logs/start-*"))) == 1
    assert list(elsewhere.iterdir()) == []


XDG = ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")


def made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
