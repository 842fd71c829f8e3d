"""The man page is the commands' own, and one that a man finds no fault in."""

import subprocess

from djobs_docs.pages import MAN_PAGE
from djobsctl.commands.table import COMMANDS
from djobsctl.manual import page
from tests.harness import needs


def shown(*options: str) -> "subprocess.CompletedProcess[str]":
    """Return the page as groff shows it on a terminal, and what it has to say."""
    command = [needs.program("groff"), "-k", "-man", "-Tutf8", "-P-cbou", "-rLL=100n", *options]
    return subprocess.run(command, input=page(), capture_output=True, text=True, check=True)


def test_the_page_that_is_shipped_is_up_to_date() -> None:
    """Else run ``python -m djobs_docs``."""
    assert MAN_PAGE.read_text("utf-8") == page()


def test_groff_has_nothing_to_warn_of() -> None:
    assert shown("-ww", "-z").stderr == ""


def test_every_command_is_on_the_page_as_it_is_typed() -> None:
    text = shown().stdout
    for name, summary in COMMANDS.items():
        assert f"   {name}\n" in text, name
        assert summary.split()[0] in text
    assert "djobsctl submit --wait -- npm test" in text
