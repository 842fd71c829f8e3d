"""``docs/doctor.md`` lists what there is, and every command that it or a finding names exists."""

import re
from pathlib import Path

import pytest

from djobsctl.doctor.check import UNSEEN
from djobsctl.doctor.page import page
from djobsctl.doctor.table import all_checks
from tests.doctor.parsed import refusal

ROOT = Path(__file__).parents[2]
TROUBLES = [UNSEEN, *(each for check in all_checks() for each in check.troubles)]


def test_the_page_is_what_the_table_says() -> None:
    assert ROOT.joinpath("docs", "doctor.md").read_text("utf-8") == page()


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.code)
def test_the_documented_fix_of_a_trouble_names_only_commands_that_exist(trouble: object) -> None:
    for words in re.findall(r"`(djobsctl [^`]+)`", getattr(trouble, "fix", "")):
        assert refusal(words) is None, words


def sources() -> str:
    folder = ROOT / "daemon" / "djobsctl" / "doctor"
    return "\n".join(path.read_text("utf-8") for path in folder.rglob("*.py"))


def test_every_command_that_stands_anywhere_in_doctor_exists() -> None:
    quoted = re.findall(r'"(djobsctl [a-z][^"]*)"', sources())
    quoted += re.findall(r"`(djobsctl [a-z][^`\n]*)`", sources())
    assert len(quoted) > 30
    fixed = [words for words in quoted if "{guest" not in words]  # made, and typed, by set-ups
    wrong = {words: refusal(words) for words in fixed if refusal(words)}
    assert not wrong


@pytest.mark.parametrize("words", ["djobsctl mend", "djobsctl stop --now", "djobsctl restore"])
def test_a_command_that_does_not_exist_is_noticed(words: str) -> None:
    assert refusal(words) is not None


def test_a_trouble_says_everything() -> None:
    for each in TROUBLES:
        assert (each.what[-1], each.why[-1]) == (".", "."), each.code
        assert each.fix[-1] != ".", each.code
