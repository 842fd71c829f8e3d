"""The hello is JSON that strict readers accept, whatever the environment holds."""

import json
import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_shim import hello

ANY_TEXT = st.text(st.characters(exclude_categories=()))
UNICODE = st.text()


@given(UNICODE)
def test_text_survives_the_way_through_json(text: str) -> None:
    assert json.loads(hello.json_string(text)) == text
    assert msgspec.json.decode(hello.json_string(text).encode()) == text


@given(ANY_TEXT)
def test_what_is_no_unicode_becomes_the_replacement_character(text: str) -> None:
    expected = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert msgspec.json.decode(hello.json_string(text).encode()) == expected


@given(st.dictionaries(ANY_TEXT, ANY_TEXT), st.lists(ANY_TEXT))
def test_objects_and_arrays_are_json(members: dict[str, str], items: list[str]) -> None:
    assert isinstance(msgspec.json.decode(hello.json_object(members).encode()), dict)
    assert len(msgspec.json.decode(hello.json_array(items).encode())) == len(items)


def test_the_hello_says_who_where_and_what_is_held(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", '/home/ö/a "project"')
    monkeypatch.setenv("SECRET_API_KEY", "sk-1")
    who = hello.identity("ab" * 16, ["--workspace", "/w"])
    line = hello.hello_line(who, 2, b'{"instance":"i"}', (3, 4, 2), [(1, True), (4, False)], 5)
    told = json.loads(line)
    environment = told.pop("env")
    assert environment["CLAUDE_PROJECT_DIR"] == '/home/ö/a "project"'
    assert "SECRET_API_KEY" not in environment
    assert told.pop("build")
    assert told == {
        "link": 1,
        "session": "ab" * 16,
        "pid": os.getpid(),
        "ppid": os.getppid(),
        "cwd": str(tmp_path),
        "args": ["--workspace", "/w"],
        "resume": 2,
        "last": {"instance": "i"},
        "deaths": 3,
        "suspect": [4, 2],
        "seqs": [[1, 1], [4, 0]],
        "next": 5,
    }


def test_no_secret_can_be_on_the_list() -> None:
    suspicious = ("KEY", "TOKEN", "SECRET", "PASSWORD")
    assert not [name for name in hello.ENVIRONMENT if any(word in name for word in suspicious)]


def test_a_variable_too_long_to_be_true_is_left_out() -> None:
    limit = hello.VALUE_CHARS_MAX
    chosen = hello.chosen_environment({"PWD": "x" * (limit + 1), "AI_AGENT": "y" * limit})
    assert list(chosen) == ["AI_AGENT"]


def test_a_removed_working_folder_is_an_empty_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    gone = os.path.join(tmp_path, "gone")
    os.mkdir(gone)
    monkeypatch.chdir(gone)
    os.rmdir(gone)
    assert hello.working_folder() == ""
