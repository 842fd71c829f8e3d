"""What pages tell people to type, typed."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.waiting import PATIENCE_SECONDS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of code of one language on a page."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def environment(home: DaemonHome) -> dict[str, str]:
    here = os.path.dirname(sys.executable)
    return {**home.env, "PATH": f"{here}:{home.env['PATH']}", "TMPDIR": home.state}


def typed(home: DaemonHome, folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tutorial_can_be_typed(daemon_home: DaemonHome, tmp_path: Path) -> None:
    script = "".join(["trap 'djobsctl stop >&2' ERR\n", *blocks("tutorial.md", "sh")])

    shown = typed(daemon_home, tmp_path, "bash", "-euo", "pipefail", "-c", script)

    assert "\none\ntwo\n" in shown
    assert "\nbuilt\n" in shown
    assert "which failed: retry or skip that one." in shown
    assert "report.md" in shown
    assert os.listdir(daemon_home.state) == []


def test_the_first_program_of_the_guide_runs(running_daemon: DaemonHome, tmp_path: Path) -> None:
    program = blocks("guides/python.md", "python")[0]

    assert typed(running_daemon, tmp_path, sys.executable, "-c", program) == "succeeded\n"


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_as_python_is_python(page: str) -> None:
    for block in blocks(page, "python"):
        compile(block, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
