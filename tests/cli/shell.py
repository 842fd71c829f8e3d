"""An agent that has only a shell."""

import os
import subprocess
from pathlib import Path
from typing import Any, BinaryIO

from tests.cli import command
from tests.cli.command import Ran
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until

NOTHING = 3
"""The status of a claim that found nothing to do."""


class Shell:
    """A folder in which commands are typed."""

    def __init__(self, home: DaemonHome, folder: Path) -> None:
        self.home, self.folder = home, os.path.realpath(folder)

    def __call__(self, *words: str, given: bytes = b"") -> Ran:
        return command.given(self.home, given, *words, folder=self.folder)

    def enqueue(self, *words: str, given: bytes = b"") -> list[str]:
        ran = self("enqueue", *words, given=given)
        assert ran.status == 0, ran
        return ran.stdout.split()

    def claim(self, *words: str) -> dict[str, Any]:
        job = self("claim", "--json", *words).document["job"]
        assert isinstance(job, dict)
        return job

    def beside(self, *words: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [PYTHON, "-m", "djobsctl", *words],
            env=self.home.env,
            cwd=self.folder,
            stdout=subprocess.PIPE,
        )

    def printing_to(self, stream: BinaryIO, *words: str) -> int:
        """Run a command whose standard output is ``stream``; return its status."""
        done = subprocess.run(
            [PYTHON, "-m", "djobsctl", *words],
            env=self.home.env,
            cwd=self.folder,
            stdout=stream,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return done.returncode

    def waiting(self) -> "subprocess.Popen[bytes]":
        claiming = self.beside("claim", "--wait", f"{PATIENCE_SECONDS:.0f}s", "--json")
        wait_until(self.is_connected, "the claim to be connected")
        return claiming

    def is_connected(self) -> bool:
        with self.home.connect() as connection:
            found = connection.call("daemon.status")["connections"]
        return any(each.get("workspace") == self.folder for each in found)

    def detail(self, job_id: str) -> dict[str, Any]:
        with self.home.connect() as connection:
            return connection.call("job.get", {"job_id": job_id})
