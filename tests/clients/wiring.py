"""A home in which agents are wired by ``djobsctl init`` and asked by themselves what they have."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.clients.claude_code import QUIET
from tests.clients.process import Finished, run
from tests.harness.daemon import PYTHON, DaemonHome

SECONDS = 120.0
"""Some unpack themselves at their first start, which takes most of a loaded machine's minute."""


class Newcomer:
    """Somebody with agents and an empty home."""

    def __init__(self, root: Path, daemon: DaemonHome, folders: Sequence[Path]) -> None:
        self.home, self.work = root / "home", root / "work"
        self.home.mkdir()
        self.work.mkdir()
        path = os.pathsep.join([*map(str, folders), "/usr/bin", "/bin"])
        private = {"DJOBS_HOME": daemon.state, "DJOBS_TEST": "1", "TMPDIR": str(root)}
        self.environment = {"PATH": path, "HOME": str(self.home), **private, **QUIET}

    def do(self, *command: str | Path, **environ: str) -> str:
        """Run a command in the project and return all that it printed; it must end well."""
        environment = {**self.environment, **environ}
        finished: Finished = run(command, cwd=self.work, environment=environment, seconds=SECONDS)
        finished.check()
        return finished.stdout + finished.stderr

    def djobsctl(self, *arguments: str) -> str:
        """Run ``djobsctl``."""
        return self.do(PYTHON, "-m", "djobsctl", *arguments)

    def files(self, *names: str) -> dict[str, bytes | None]:
        """Return what is in files of the home; None for one that is not there."""
        paths = {name: self.home / name for name in names}
        return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}
