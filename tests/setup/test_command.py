"""The command that hosts are given is the fastest one, by the name that lives longest."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from djobs_protocol.errors import DjobsError
from djobs_setup.command import registered, shim_file, stable
from djobsctl.talk import Talk
from djobsctl.wiring import registering

SHIM = "/venv/lib/python3.11/site-packages/djobs_shim/__main__.py"


def links(**to: str) -> Callable[[str], str]:
    """Return a file system in which some names lead somewhere."""
    return lambda path: to.get(path.replace("/", "_").replace(".", "_").strip("_"), path)


def test_a_bare_interpreter_and_the_shim_by_path() -> None:
    words = registered("/venv/bin/python", SHIM).words
    assert words == ["/venv/bin/python", "-I", "-S", SHIM]


def test_the_link_without_a_version_outlives_the_next_python() -> None:
    same = links(venv_bin_python="/usr/bin/python3.11", venv_bin_python3_11="/usr/bin/python3.11")
    assert stable("/venv/bin/python3.11", same) == "/venv/bin/python"


def test_a_link_to_another_python_is_not_taken() -> None:
    other = links(usr_bin_python3="/usr/bin/python3.12")
    assert stable("/usr/bin/python3.11", other) == "/usr/bin/python3.11"


def test_homebrew_s_link_is_taken_instead_of_its_version() -> None:
    cellar = "/opt/homebrew/Cellar/python@3.11/3.11.9/bin/python3.11"
    same = links(opt_homebrew_bin_python3_11=cellar)
    assert stable(cellar, same) == "/opt/homebrew/bin/python3.11"
    assert "Homebrew's next version" in registered(cellar, SHIM, links()).warning


@pytest.mark.parametrize(
    ("shim", "tool"),
    [
        (
            "/home/a/.cache/uv/archive-v0/x/lib/python3.12/site-packages/djobs_shim/__main__.py",
            "uvx",
        ),
        (
            "/home/a/.local/pipx/.cache/x/lib/python3/site-packages/djobs_shim/__main__.py",
            "pipx run",
        ),
        ("/home/a/.local/share/uv/tools/djobs/lib/python3.12/site-packages/d/__main__.py", ""),
        ("/home/a/.local/share/pipx/venvs/djobs/lib/python3/site-packages/d/__main__.py", ""),
    ],
)
def test_a_cache_is_told_from_an_installation(shim: str, tool: str) -> None:
    assert registered("/x/bin/python", shim).ephemeral == tool


def test_nothing_is_registered_that_lies_in_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = "/home/a/.cache/uv/archive-v0/x/djobs_shim/__main__.py"
    monkeypatch.setattr(registering, "shim_file", lambda: cache)
    with pytest.raises(DjobsError, match="the cache of uvx") as refused:
        registering.tried_command(Talk(as_json=True), portable=False)
    assert "uv tool install djobs" in refused.value.hint


def test_nothing_is_registered_that_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shim = tmp_path / "djobs_shim" / "__main__.py"
    monkeypatch.setattr(registering, "shim_file", lambda: str(shim))
    with pytest.raises(DjobsError, match="No file was changed") as refused:
        registering.tried_command(Talk(as_json=True), portable=False)
    assert str(shim) in refused.value.hint


def test_this_installation_s_shim_is_a_file_and_its_interpreter_runs() -> None:
    assert os.path.isfile(shim_file())
    assert os.path.realpath(stable(sys.executable)) == os.path.realpath(sys.executable)
