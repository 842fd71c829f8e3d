"""``docs/djobsctl.md`` says what is there."""

import re
from pathlib import Path

from djobs_protocol.errors import CATALOGUE
from djobsctl.commands.status import EXIT_BY_STATE
from djobsctl.commands.table import COMMANDS

TEXT = Path(__file__).parents[2].joinpath("docs", "djobsctl.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table whose first heading is given."""
    table = TEXT.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_command_is_documented_in_the_order_of_help() -> None:
    named = [re.findall(r"`([^`]+)`", row[0])[0] for row in rows("command")]
    assert [re.sub(r" (ID|\[[^]]+\])$", "", name) for name in named] == list(COMMANDS)


def test_every_command_has_its_document_described() -> None:
    described = {row[0].strip("`") for row in rows("document")}
    expected = {f"djobs.{name.replace(' ', '_')}/1" for name in COMMANDS if name != "bench"}
    assert expected | {"djobs.error/1"} == described


def test_every_error_code_stands_beside_its_exit_status() -> None:
    documented = {
        code: int(row[0])
        for row in rows("status")
        for code in re.findall(r"`([a-z_]+)`", row[2])
        if row[0].isdecimal()
    }
    assert documented == {str(code): entry.exit for code, entry in CATALOGUE.items()}


def test_every_state_stands_beside_its_exit_status() -> None:
    assert {row[0].strip("`"): int(row[2]) for row in rows("state")} == EXIT_BY_STATE
