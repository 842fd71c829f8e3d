"""``docs/djobsctl.md`` says what is there."""

import re
from pathlib import Path
from typing import Any

import pytest

from djobs_protocol.errors import CATALOGUE
from djobsctl.commands.status import EXIT_BY_STATE
from djobsctl.commands.table import COMMANDS
from djobsctl.dispatch import load
from djobsctl.usage import parser_for
from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import DaemonHome

TEXT = Path(__file__).parents[2].joinpath("docs", "djobsctl.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table whose first heading is given."""
    table = TEXT.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


DOCUMENTS = rows("document")


def test_every_command_is_documented_in_the_order_of_help() -> None:
    named = [re.findall(r"`([^`]+)`", row[0])[0] for row in rows("command")]
    assert [re.sub(r" (ID|WHAT|\[[^]]+\])$", "", name) for name in named] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_s_options_are_those_that_are_documented(command: str) -> None:
    parser = parser_for(command)
    load(command).options(parser)
    there = {
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    }
    named = [row for row in rows("command") if re.match(rf"`{command}[ `]", row[0])]
    row = min(named, key=lambda each: len(each[0]))  # `budget`, and not `budget allow`
    documented = set(re.findall(r"--[a-z-]+", row[1]))
    assert documented | {"--json", "--help"} == there


SAID = (
    "status", "list", "show ID", "audit", "audit --detail", "logs", "start", "config", "db verify",
    "schema", "help", "help list", "restart", "stop", "show", "stop --timeout 0",
)  # fmt: skip


def assert_documented(document: dict[str, Any]) -> None:
    described = {row[0].strip("`"): set(re.findall(r"`([a-z_]+)`", row[1])) for row in DOCUMENTS}
    described["djobs.restart/1"] |= described["djobs.start/1"]
    missing = document.keys() - {"schema"} - described[document["schema"]]
    assert not missing, (document["schema"], missing)


def test_a_document_s_members_are_documented(running_daemon: DaemonHome) -> None:
    (job,) = enqueue(running_daemon, "a")
    for command in SAID:
        assert_documented(
            djobsctl(running_daemon, *command.replace("ID", job).split(), "--json").document
        )


def test_the_documents_of_what_is_handed_over_are_documented(running_daemon: DaemonHome) -> None:
    submitted = djobsctl(running_daemon, "submit", "--wait", "--json", "--", "true").document
    assert_documented(submitted)
    assert_documented(djobsctl(running_daemon, "logs", submitted["id"], "--json").document)
    assert_documented(djobsctl(running_daemon, "submit", "--json", "--", "true").document)


def test_every_command_has_its_document_described() -> None:
    described = {row[0].strip("`") for row in rows("document")}
    expected = {f"djobs.{name.replace(' ', '_').replace('-', '_')}/1" for name in COMMANDS}
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
