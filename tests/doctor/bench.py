"""A home to be broken, the terminal in front of it, and what ``doctor`` says of both."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from djobsctl.doctor.examining import examine
from djobsctl.doctor.finding import Finding
from djobsctl.doctor.place import Place, place_of
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome

COMMAND_SECONDS = 60
STUBS = {
    "sudo": 'exec "$@"',
    "timedatectl": "exit 0",
}
"""Programs that a fix names and that a test must not run: those of the machine."""


class Bench:
    """One home and one terminal. ``overrides`` are fields of the place that is looked at."""

    def __init__(self, home: DaemonHome, prepared: Path) -> None:
        self.home = home
        self.prepared = prepared
        """A home with a database, a backup and no daemon; to be copied, never to be changed."""
        self.overrides: dict[str, Any] = {}
        self.parts = ExitStack()
        """What a broken set-up put in place, and mending may take away."""
        self.stack = ExitStack()
        self.stack.push(self.parts)
        self.tools = Path(home.state + "-tools")
        self.tools.mkdir()
        for name, words in STUBS.items():
            self.tool(name, words)
        own = os.path.dirname(sys.executable)
        self.home.env["HOME"] = str(self.tools)  # where no agent keeps its files
        self.overrides["folder"] = str(self.tools)
        self.home.env["PATH"] = f"{self.tools}:{own}:{self.home.env['PATH']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()
        shutil.rmtree(self.tools, ignore_errors=True)

    @property
    def state(self) -> Path:
        """The folder of the home."""
        return Path(self.home.state)

    def tool(self, name: str, words: str) -> Path:
        """Put a shell script on the terminal's PATH."""
        path = self.tools / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{words}\n", "utf-8")
        path.chmod(0o755)
        return path

    def used(self) -> None:
        """Make it a home in which work was done: a sound database and one backup."""
        shutil.copytree(self.prepared, self.state, dirs_exist_ok=True)

    def write(self, name: str, content: str, mode: int = 0o600) -> Path:
        """Write a file of the home."""
        path = self.state / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        path.chmod(mode)
        return path

    def place(self) -> Place:
        """Return the home as the terminal sees it now."""
        return place_of(dict(self.home.env), **self.overrides)

    def findings(self, check: str) -> list[Finding]:
        """Return what one check says."""
        ((_, findings),) = examine(self.place(), [check])
        return findings

    def finding(self, check: str, code: str) -> Finding:
        """Return the one finding of a code."""
        (found,) = [
            each for each in self.findings(check) if each.trouble and each.trouble.code == code
        ]
        return found

    def codes(self, check: str) -> list[str]:
        """Return the codes of what one check finds."""
        return [each.trouble.code for each in self.findings(check) if each.trouble]

    def ctl(self, *arguments: str) -> None:
        """Run ``djobsctl`` here; it must succeed."""
        ran = djobsctl(self.home, *arguments)
        assert ran.status == 0, ran

    def type(self, commands: tuple[str, ...]) -> None:
        """Type commands into the terminal; what they set or unset there counts from now on."""
        script = " && ".join([*commands, "env -0"])
        done = subprocess.run(
            ["sh", "-c", script],
            env=self.home.env,
            cwd=self.overrides["folder"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (commands, done.stdout, done.stderr)
        _, _, last = done.stdout.decode().rpartition("\n")
        pairs = [line.partition("=") for line in last.split("\0") if line]
        kept = {name: value for name, _, value in pairs if name not in ("PWD", "_", "SHLVL")}
        self.home.env.clear()
        self.home.env.update(kept)
