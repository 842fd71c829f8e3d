"""By what, and from where, djobs is mended, extended and upgraded: the same that installed it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from djobsctl.installed import INDEX, Installed, Source, source_of

PLACES = ("/v", "/home/u/.local/share/pipx/venvs/djobs", "/home/u/.local/share/uv/tools/djobs")
FOLDER = Source("/src/my djobs")
EDITABLE = Source("/src/djobs", editable=True)
ADDRESS = Source("git+https://example.org/djobs@v2")


def installed(prefix: str, source: Source = INDEX) -> Installed:
    return Installed(f"{prefix}/bin/python", prefix, source)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", [FOLDER, EDITABLE, ADDRESS])
def test_what_came_from_a_folder_or_an_address_never_comes_from_an_index(
    place: str, source: Source
) -> None:
    it = installed(place, source)
    for command in (*it.again(), it.completed(), it.completed("llm"), *it.rewritten()):
        if "install" in command.split() and not command.startswith("pipx reinstall"):
            assert source.address in command, command


def test_every_installer_is_told_in_its_own_words() -> None:
    venv, pipx, uv = map(installed, PLACES)
    assert venv.completed("llm") == "/v/bin/python -m pip install 'djobs[llm]'"
    assert pipx.completed() == "pipx install --force djobs"
    assert uv.rewritten() == ("uv tool install --force djobs",)
    assert [each.upgraded() for each in (venv, pipx, uv)] == [
        "/v/bin/python -m pip install --upgrade djobs",
        "pipx upgrade djobs",
        "uv tool upgrade djobs",
    ]


def test_the_words_for_a_source_are_those_of_pip() -> None:
    assert FOLDER.words("llm") == "'/src/my djobs[llm]'"
    assert EDITABLE.words("llm") == "--editable '/src/djobs[llm]'"
    assert ADDRESS.words("llm") == "'djobs[llm] @ git+https://example.org/djobs@v2'"
    assert installed("/v", EDITABLE).upgraded() == "git -C /src/djobs pull"


def record(prefix: Path, **contents: object) -> None:
    folder = prefix / "lib" / "python3.13" / "site-packages" / "djobs-0.1.0.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "direct_url.json").write_text(json.dumps(contents))


def test_where_it_came_from_is_read_from_what_the_installer_left(tmp_path: Path) -> None:
    record(tmp_path, url="file:///src/my%20djobs", dir_info={})
    assert source_of(str(tmp_path)) == FOLDER
    record(tmp_path, url="file:///src/djobs", dir_info={"editable": True})
    assert source_of(str(tmp_path)) == EDITABLE
    git = {"vcs": "git", "commit_id": "0" * 40, "requested_revision": "v2"}
    record(tmp_path, url="https://example.org/djobs", vcs_info=git)
    assert source_of(str(tmp_path)) == ADDRESS


@pytest.mark.parametrize("contents", [{}, {"url": 7}, {"url": "https://x", "vcs_info": []}])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, contents: dict[str, object]) -> None:
    record(tmp_path, **contents)
    assert source_of(str(tmp_path)) == source_of(str(tmp_path / "nowhere"))


@pytest.mark.slow
def test_what_pip_itself_leaves_is_understood(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "v"], check=True)
    root = Path(__file__).resolve().parents[2]
    pip = [str(tmp_path / "v" / "bin" / "pip"), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, str(root)], check=True)
    assert source_of(str(tmp_path / "v")) == Source(str(root))
    subprocess.run([*pip, "-e", str(root)], check=True)
    assert source_of(str(tmp_path / "v")) == Source(str(root), editable=True)
