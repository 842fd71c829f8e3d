"""Help teaches by examples, and what it shows can be typed."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from djobsctl.commands.table import COMMANDS
from djobsctl.dispatch import load, parse
from djobsctl.examples import EXAMPLES
from djobsctl.explained import explained
from djobsctl.words import UsageError, split

COLUMNS: Final = 96
TYPED: Final = re.compile(r"(?:^|[|;&(] ?|\s)(djobsctl [^|;&<>#]+?)(?=\s\s|\s[|;&<>#]|$)")


def examples_of(command: str) -> list[list[str]]:
    """Return the words of each example of a command that its help ends with."""
    lines = (explained(command).epilog or "").splitlines()
    found = [shlex.split(typed)[1:] for line in lines for typed in TYPED.findall(line)]
    return [each for each in found if each[: len(command.split())] == command.split()]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_an_example_of_it_that_parses(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.json").write_text("{}")
    shown = examples_of(command)
    assert shown, f"`djobsctl help {command}` has no example"
    for words in shown:
        _, name, rest = split(words)
        parse(name, load(name), rest)


def test_an_example_with_a_wrong_option_would_be_found() -> None:
    _, name, rest = split(["retry", "--faild"])
    with pytest.raises(UsageError):
        parse(name, load(name), rest)


def test_examples_are_of_commands_that_there_are_and_fit_a_page() -> None:
    assert EXAMPLES.keys() <= COMMANDS.keys()
    assert max(len(line) for lines in EXAMPLES.values() for line in lines) <= COLUMNS - 2
