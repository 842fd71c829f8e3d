"""Daemons of another installation than the commands: older, newer, replaced, removed."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from djobs_protocol.version import VERSION
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON
from tests.harness.ready import read_word

ROOT = Path(__file__).parents[3]
PARTS = ("daemon", "protocol")


def installation(bench: Bench, old: str = "", new: str = "") -> Path:
    """Lay out another installation, with one line of its versions changed."""
    folder = bench.tools / "site"
    ignored = shutil.ignore_patterns("bench", "demo", "importing")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder, dirs_exist_ok=True, ignore=ignored)
    versions = folder / "djobs_protocol" / "version.py"
    text = versions.read_text("utf-8")
    assert old in text
    versions.write_text(text.replace(old, new), "utf-8")
    return folder / "djobs_daemon" / "__main__.py"


def serve(bench: Bench, program: Path) -> None:
    """Start a daemon from a program."""
    reader, writer = os.pipe()
    command = [PYTHON, "-I", str(program), "--detach", "--ready-fd", str(writer), "--owner", "t"]
    launcher = subprocess.Popen(command, env=bench.home.env, pass_fds=[writer])
    os.close(writer)
    launcher.wait(PATIENCE_SECONDS)
    word, said = read_word(reader)
    os.close(reader)
    assert word == "ready", said


def other_release(bench: Bench, version: str) -> None:
    serve(bench, installation(bench, f'"{VERSION}"', f'"{version}"'))


def older(bench: Bench) -> None:
    other_release(bench, "0.0.9")


def newer(bench: Bench) -> None:
    other_release(bench, "99.0")


def remove_other(bench: Bench) -> None:
    """Remove the installation that is not wanted; the next daemon is of the other."""
    bench.ctl("restart")


def pending(bench: Bench) -> None:
    """Install another release where the daemon and the commands run from."""
    program = installation(bench)
    serve(bench, program)
    versions = program.parents[1] / "djobs_protocol" / "version.py"
    text = versions.read_text("utf-8")
    versions.write_text(text.replace(f'"{VERSION}"', '"0.1.99"'), "utf-8")
    run = f"PYTHONPATH={program.parents[1]} exec {PYTHON} -m djobsctl"
    bench.tool("djobsctl", f'{run} "$@"')


def replaced(bench: Bench) -> None:
    program = installation(bench)
    serve(bench, program)
    time.sleep(2.1)  # the check forgives two seconds, and change times cannot be set
    program.touch()


def gone(bench: Bench) -> None:
    program = installation(bench)
    serve(bench, program)
    shutil.rmtree(program.parents[1])


def stranger(bench: Bench) -> None:
    program = installation(bench, "PROTOCOL_MIN: Final = 1", "PROTOCOL_MIN: Final = 7")
    versions = program.parents[1] / "djobs_protocol" / "version.py"
    text = versions.read_text("utf-8")
    versions.write_text(text.replace("PROTOCOL_MAX: Final = 1", "PROTOCOL_MAX: Final = 9"))
    serve(bench, program)


SETUPS = (
    Setup("versions", "daemon-older", older, slow=True),
    Setup("versions", "daemon-newer", newer, remove_other, slow=True),
    Setup("versions", "upgrade-pending", pending, slow=True),
    Setup("versions", "code-replaced", replaced, slow=True),
    Setup("versions", "code-gone", gone, slow=True),
    Setup("versions", "protocol-foreign", stranger, slow=True),
)
