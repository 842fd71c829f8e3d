"""A project in which several agents are at work, with a daemon of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

WAIT_SECONDS = 60


class Scene(NamedTuple):
    """Where it is played."""

    folder: str
    environ: dict[str, str]

    def djobsctl(self, *arguments: str) -> str:
        """Run a command and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "djobsctl", *arguments],
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        return done.stdout.strip()


@contextmanager
def scene() -> Iterator[Scene]:
    """Yield a project in which something is done, running, waiting and failed."""
    with tempfile.TemporaryDirectory(prefix="dj", dir="/tmp") as folder:
        project = Path(folder, "tern")
        project.mkdir()
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "DJOBS_HOME": f"{folder}/djobs",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        played = Scene(str(project), environ)
        try:
            _play(played)
            yield played
        finally:
            played.djobsctl("stop")


def _play(scene: Scene) -> None:
    for agent, what in (("claude", "parser"), ("codex", "printer")):
        scene.djobsctl("agent", "register", agent)
        job = scene.djobsctl(
            "enqueue", "docstring", "--payload", json.dumps({"path": f"src/{what}.py"})
        )
        scene.djobsctl("claim", job, "--agent", agent, "--lease", "10m")
    done = scene.djobsctl("enqueue", "docstring", "--payload", _about("main"))
    scene.djobsctl("complete", done, "--evidence", "14 docstrings, tests pass")
    failed = scene.djobsctl("submit", "--", "sh", "-c", "echo 3 tests failed; exit 1")
    scene.djobsctl("wait", failed)
    scene.djobsctl("submit", "--after", failed, "--", "npm", "publish")
    ticks = "for n in 1 2 3 4 5 6 7 8 9; do echo test $n ok; sleep 1; done; sleep 60"
    scene.djobsctl("submit", "--max-duration", "1h", "--", "sh", "-c", ticks)


def _about(what: str) -> str:
    return json.dumps({"path": f"src/{what}.py"})
