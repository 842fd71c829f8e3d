"""Running ``djobsctl`` in a private home."""

import json
import subprocess
from typing import Any, NamedTuple

from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome


class Ran(NamedTuple):
    """What one command did."""

    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output; fails when there is more or less (R57)."""
        lines = self.stdout.splitlines()
        assert len(lines) == 1, f"not one line: {self.stdout!r}, stderr {self.stderr!r}"
        document = json.loads(lines[0])
        assert isinstance(document, dict)
        assert document["schema"].startswith("djobs."), document
        return document


def djobsctl(home: DaemonHome, *arguments: str, folder: "str | None" = None, **environ: str) -> Ran:
    """Run one command to its end, in a folder (default: this one)."""
    return _run(arguments, {**home.env, **environ}, folder, b"")


def given(home: DaemonHome, text: bytes, *arguments: str, folder: "str | None" = None) -> Ran:
    """Do the same with a standard input."""
    return _run(arguments, home.env, folder, text)


def _run(
    arguments: "tuple[str, ...]", env: dict[str, str], folder: "str | None", text: bytes
) -> Ran:
    done = subprocess.run(
        [PYTHON, "-m", "djobsctl", *arguments],
        env=env,
        cwd=folder,
        input=text,
        capture_output=True,
        timeout=3 * PATIENCE_SECONDS,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def enqueue(home: DaemonHome, *files: str) -> list[str]:
    """Record a job per file and return the ids."""
    with home.connect(workspace="/repo/tern") as connection:
        jobs = [{"type": "review", "payload": {"file": file}} for file in files]
        reply = connection.call("job.enqueue", {"jobs": jobs})
    return [job["id"] for job in reply["jobs"]]
