"""Folders, files and disks on which no daemon can live, or where others can look."""

import os

from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.harness import needs

STRANGER = 12345
"""Of nobody on this machine."""


def link(bench: Bench) -> None:
    real = bench.state / "elsewhere"
    real.mkdir(mode=0o700)
    (bench.state / "logs").symlink_to(real)


def not_a_folder(bench: Bench) -> None:
    bench.write("backups", "a file")


def owner(bench: Bench) -> None:
    needs.root()
    os.chown(bench.write("jobs.db", "x"), STRANGER, STRANGER)


def open_folder(bench: Bench) -> None:
    bench.state.chmod(0o755)


def shut(bench: Bench) -> None:
    (bench.state / "logs").mkdir(mode=0o500)


def open_database(bench: Bench) -> None:
    bench.used()
    (bench.state / "jobs.db").chmod(0o644)


def open_secrets(bench: Bench) -> None:
    bench.write("secrets.env", "A_KEY=b\n", 0o640)


def network(bench: Bench) -> None:
    line = f"1 0 0:1 / {bench.state} rw - nfs4 server:/export rw\n"
    (bench.tools / "mountinfo").write_text(line)
    bench.overrides["mountinfo"] = str(bench.tools / "mountinfo")


def move_home(bench: Bench) -> None:
    local = bench.tools / "local"
    local.mkdir(mode=0o700)
    bench.home.env["DJOBS_HOME"] = str(local)


def read_only(bench: Bench) -> None:
    bench.parts.enter_context(needs.read_only(bench.state))


def nearly_full(bench: Bench) -> None:
    bench.parts.enter_context(needs.small_disk(bench.state, 1024 * 1024))


def take_away(bench: Bench) -> None:
    """Remount, or make room: the disk as it was."""
    bench.parts.close()


SETUPS = (
    Setup("folders", "folder-link", link),
    Setup("folders", "folder-not", not_a_folder),
    Setup("folders", "owner-foreign", owner),
    Setup("folders", "folder-open", open_folder),
    Setup("folders", "folder-shut", shut),
    Setup("folders", "file-open", open_database),
    Setup("folders", "secrets-open", open_secrets),
    Setup("disk", "disk-network", network, move_home),
    Setup("disk", "disk-read-only", read_only, take_away),
    Setup("disk", "disk-full", nearly_full, take_away),
)
