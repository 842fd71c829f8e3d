"""A table goes into a TOML file and out of it, and nothing else moves."""

import tomllib

import pytest
from hypothesis import given

from djobs_setup.editing import toml_tables
from djobs_setup.editing.result import CannotEdit, Undo
from tests.setup.documents import SEEDS, toml_file

PATH = ("mcp_servers", "djobs")
TABLE: dict[str, object] = {
    "command": '/opt/my \\ "python"',
    "args": ["-I", "-S", "\x7fü"],
    "required": True,
    "startup_timeout_sec": 20,
    "env": {"A B": "1"},
}


@given(SEEDS.map(toml_file))
def test_what_is_put_in_and_taken_out_leaves_every_byte(content: bytes) -> None:
    edited = toml_tables.put(content, PATH, TABLE)
    assert toml_tables.get(edited.content, PATH) == TABLE
    assert edited.content.startswith(content)
    assert toml_tables.take_out(edited.content, PATH, edited.undo) == content


@given(SEEDS.map(toml_file))
def test_replacing_changes_the_table_and_nothing_else(content: bytes) -> None:
    old = toml_tables.put(content, PATH, {**TABLE, "command": "/old"})
    new = toml_tables.put(old.content, PATH, {**TABLE, "command": "/new"})
    assert new.content == old.content.replace(b"/old", b"/new")
    assert toml_tables.put_pair(old.content, PATH, "command", "/new") == new.content


@given(SEEDS.map(toml_file))
def test_a_table_in_the_middle_leaves_what_came_after_it(content: bytes) -> None:
    edited = toml_tables.put(b"a = 1\n", PATH, TABLE)
    text = content.decode("utf-8-sig")
    tables = text[text.index("[") :] if text.startswith("[") else "[end]\n"
    behind = edited.content + b"\n# about the next\n" + tables.encode()
    left = toml_tables.take_out(behind, PATH, edited.undo)
    assert left == b"a = 1\n\n# about the next\n" + tables.encode()


def test_a_new_table_is_separated_by_an_empty_line() -> None:
    edited = toml_tables.put(b'model = "x"', ("mcp_servers", "djobs"), {"command": "c"})
    assert edited.content == b'model = "x"\n\n[mcp_servers.djobs]\ncommand = "c"\n'


def test_a_pair_that_is_not_there_goes_below_the_header() -> None:
    text = b"[a.b] # about it\nx = 1\n[c]\ny = 1"
    assert toml_tables.put_pair(text, ("a", "b"), "y", 2) == (
        b"[a.b] # about it\ny = 2\nx = 1\n[c]\ny = 1"
    )
    assert toml_tables.put_pair(text, ("c",), "y", 2) == b"[a.b] # about it\nx = 1\n[c]\ny = 2\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "is not valid TOML"),
        ("mcp_servers = {}", "without changing something else"),
        ("mcp_servers = 3", "has no table as mcp_servers"),
        ("[mcp_servers]\ndjobs = {command = 'x'}", "but not as a table"),
        ("mcp_servers.djobs.command = 'x'", "but not as a table"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str, said: str) -> None:
    with pytest.raises(CannotEdit, match=said):
        toml_tables.put(text.encode(), PATH, TABLE)


def test_a_table_that_cannot_be_taken_out_alone_stays() -> None:
    with pytest.raises(CannotEdit):
        toml_tables.take_out(b"[mcp_servers]\ndjobs.command = 'x'\n", PATH, Undo(PATH))


def test_what_is_written_is_what_toml_reads() -> None:
    content = toml_tables.put(b"", PATH, TABLE).content
    assert tomllib.loads(content.decode()) == {"mcp_servers": {"djobs": TABLE}}
