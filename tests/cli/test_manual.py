"""The man page is the commands' own, and one that a man finds no fault in."""

import os
import subprocess
from pathlib import Path

from djobsctl.commands.table import COMMANDS
from djobsctl.manual import page
from tests.harness import needs

FILE = Path(__file__).parents[2] / "packaging" / "man" / "djobsctl.1"


def shown(*options: str) -> "subprocess.CompletedProcess[str]":
    """Return the page as groff shows it on a terminal, and what it has to say."""
    command = [needs.program("groff"), "-k", "-man", "-Tutf8", "-P-cbou", "-rLL=100n", *options]
    return subprocess.run(command, input=page(), capture_output=True, text=True, check=True)


def test_the_page_that_is_shipped_is_up_to_date() -> None:
    """Else run ``DJOBS_UPDATE_GOLDEN=1 pytest tests/cli/test_manual.py``."""
    if os.environ.get("DJOBS_UPDATE_GOLDEN"):
        FILE.write_text(page(), "utf-8")
    assert FILE.read_text("utf-8") == page()


def test_groff_has_nothing_to_warn_of() -> None:
    assert shown("-ww", "-z").stderr == ""


def test_every_command_is_on_the_page_as_it_is_typed() -> None:
    text = shown().stdout
    for name, summary in COMMANDS.items():
        assert f"   {name}\n" in text, name
        assert summary.split()[0] in text
    assert "djobsctl submit --wait -- npm test" in text
