"""The program as a runner starts it, with a CLI that does as it is told."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import djobs_agent
from djobs_agent.contract import (
    ANSWER_FILE,
    REQUEST_FILE,
    TREE_FOLDER,
    Answer,
    Request,
    decode_answer,
    encode,
)
from tests.harness.waiting import PATIENCE_SECONDS

PROGRAM = Path(djobs_agent.__file__).parent / "__main__.py"
FAKE = (sys.executable, "-I", str(Path(__file__).parent / "fake_cli.py"))


@dataclass
class Bench:
    """A workspace, and the folder of a run."""

    root: Path

    def __post_init__(self) -> None:
        self.workspace, self.folder = self.root / "workspace", self.root / "run"
        self.workspace.mkdir()
        self.folder.mkdir()

    def begin(self, *steps: str, **more: Any) -> subprocess.Popen[str]:
        """Start the program with a task of one step on each line."""
        tree = self.folder / TREE_FOLDER
        tree.mkdir(exist_ok=True)
        request = {
            "argv": FAKE,
            "workspace": str(self.workspace),
            "tree": str(tree),
            "cwd": str(tree),
            "prompt": "\n".join(steps),
            "stream": "claude",
            **more,
        }
        files = [self.folder / REQUEST_FILE, self.folder / ANSWER_FILE]
        files[0].write_bytes(encode(Request(**request)))
        return subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM), *map(str, files)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.root)},
        )

    def run(self, *steps: str, **more: Any) -> Answer:
        """Return the answer of the program, which has ended."""
        self.log, _ = self.begin(*steps, **more).communicate(timeout=PATIENCE_SECONDS)
        return self.answer()

    def answer(self) -> Answer:
        """Return the answer."""
        return decode_answer((self.folder / ANSWER_FILE).read_bytes())

    def commit(self, **files: str) -> None:
        """Make a repository with files, by names in which ``_`` stands for a dot."""
        for name, text in files.items():
            (self.workspace / name.replace("_", ".")).write_text(text)
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")

    def git(self, *arguments: str) -> str:
        """Return what git says in the workspace."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.workspace, capture_output=True, text=True, check=True
        )
        return done.stdout
