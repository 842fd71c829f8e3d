"""Long text on a terminal goes through a pager, and nothing else does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobsctl.paging import fits, pager_of
from tests.harness.daemon import PYTHON, DaemonHome
from tests.harness.terminal import AtTerminal


@pytest.fixture(scope="module")
def shared() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """Return a pager that keeps what it gets in ``got`` beside it."""
    program = tmp_path / "pager"
    program.write_text(
        f'#!/bin/sh\nprintf "%s" "$LESS" > "{tmp_path}/less"\ncat > "{tmp_path}/got"\n'
    )
    program.chmod(0o755)
    return program


def ran(home: DaemonHome, *words: str, **environ: str) -> tuple[int, str]:
    """Run a command at a terminal of 24 lines; return its status and what the terminal shows."""
    command = [PYTHON, "-m", "djobsctl", *words]
    with AtTerminal(command, {**home.env, **environ}) as terminal:
        status = terminal.ended()
        return status, "\n".join(terminal.screen.above)


def test_text_longer_than_the_terminal_goes_through_the_pager(
    shared: DaemonHome, pager: Path
) -> None:
    status, shown = ran(shared, "config", PAGER=f"{pager} --option")
    assert (status, shown.strip()) == (0, "")
    assert "DJOBS_HOME" in (pager.parent / "got").read_text()
    assert (pager.parent / "less").read_text() == "FRX"


def test_one_s_own_options_of_less_are_kept(shared: DaemonHome, pager: Path) -> None:
    ran(shared, "config", PAGER=str(pager), LESS="S")
    assert (pager.parent / "less").read_text() == "S"


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        ("status", {}),
        ("config --json", {}),
        ("config", {"PAGER": "cat"}),
        ("config", {"PAGER": ""}),
        ("config", {"TERM": "dumb"}),
        ("config", {"PAGER": "/no/such/pager"}),
        ("config", {"PAGER": "'"}),
    ],
)
def test_there_is_no_pager_for_what_is_short_json_or_not_wanted(
    words: str, environ: dict[str, str], shared: DaemonHome, pager: Path
) -> None:
    status, shown = ran(shared, *words.split(), **{"PAGER": str(pager), **environ})
    assert status == 0
    assert "djobs" in shown.casefold()
    assert not (pager.parent / "got").exists()


def test_a_pager_that_is_left_early_is_no_error(shared: DaemonHome) -> None:
    status, shown = ran(shared, "schema", PAGER="true")
    assert status == 0
    assert "Broken" not in shown


def test_a_live_view_has_no_pager(shared: DaemonHome, pager: Path) -> None:
    command = [PYTHON, "-m", "djobsctl", "status", "-w"]
    environ = {**shared.env, "PAGER": str(pager)}
    with AtTerminal(command, environ, lines=5) as terminal:
        terminal.sees("serving")
        terminal.press("q")
        assert terminal.ended() == 0
    assert not (pager.parent / "got").exists()


def test_the_pager_is_less_unless_it_is_said_otherwise() -> None:
    assert pager_of({"TERM": "xterm"}) == ["less"]
    assert pager_of({"TERM": "xterm", "PAGER": "most -w"}) == ["most", "-w"]
    assert pager_of({}) is None


def test_what_wraps_counts_as_several_lines() -> None:
    size = os.terminal_size((10, 4))
    assert fits("a\nb\nc", size)
    assert not fits("a\nb\nc\nd", size)
    assert not fits("x" * 31, size)
    assert fits("\x1b[31m" + "x" * 30 + "\x1b[0m", size)
    assert fits("x" * 1000, os.terminal_size((0, 0)))
