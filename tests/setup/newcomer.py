"""Somebody at a terminal, with an empty home and a daemon of their own."""

import os
import pty
import select
import subprocess
from pathlib import Path
from typing import Any

from djobs_setup.command import shim_file, stable
from tests.cli.command import Ran, djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome

COMMAND = [stable(PYTHON), "-I", "-S", shim_file()]


class Newcomer:
    """Runs ``djobsctl`` where no program of any host is on PATH."""

    def __init__(self, root: Path, daemon: DaemonHome) -> None:
        self.daemon, self.home, self.work = daemon, root / "home", root / "work"
        self.home.mkdir()
        self.work.mkdir()
        self.environ = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}

    def run(self, *words: str, **environ: str) -> Ran:
        """Run a command where nobody can be asked."""
        folder = str(self.work)
        return djobsctl(self.daemon, *words, folder=folder, **{**self.environ, **environ})

    def json(self, *words: str) -> dict[str, Any]:
        return self.run(*words, "--json").document

    def answer(self, *words: str, say: str) -> tuple[int, str]:
        """Run a command at a terminal, answer its question; return its status and all it showed."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [PYTHON, "-m", "djobsctl", *words],
            env={**self.daemon.env, **self.environ, "NO_COLOR": "1", "COLUMNS": "100"},
            cwd=self.work,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = b""
        try:
            while select.select([ours], [], [], PATIENCE_SECONDS)[0]:
                more = _read(ours)
                if not more:
                    break
                if b"[y/N]" in more:
                    os.write(ours, say.encode() + b"\n")
                shown += more
        finally:
            os.close(ours)
            status = process.wait(PATIENCE_SECONDS)
        return status, shown.decode().replace("\r\n", "\n")

    def host(self, folder: str, file: str = "", text: str = "") -> Path:
        """Make a host be there; with a file that has a text."""
        path = self.home / folder
        path.mkdir(parents=True, exist_ok=True)
        if file:
            (path / file).write_text(text)
        return path / file


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 65536)
    except OSError:  # Linux' word for: the other side is closed
        return b""
