"""A member goes into a JSON file and out of it, and nothing else moves."""

import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_setup.editing import json_members
from djobs_setup.editing.result import CannotEdit, Undo
from tests.setup.documents import SEEDS, json_file, server

PATHS = st.sampled_from([("mcpServers", "djobs"), ("djobs",), ("a", "servers", "djobs")])


def put(text: str, *path: str, value: object = 1) -> str:
    return json_members.put(text.encode(), path, value).content.decode()


@given(SEEDS.map(json_file), PATHS)
def test_what_is_put_in_and_taken_out_leaves_every_byte(
    content: bytes, path: tuple[str, ...]
) -> None:
    try:
        edited = json_members.put(content, path, server())
    except CannotEdit:  # something else than an object on the way
        return
    assert json_members.take_out(edited.content, path, edited.undo) == content


@given(SEEDS.map(partial(json_file, comments=False)), PATHS)
def test_another_reader_finds_what_was_meant_and_all_that_was_there(
    content: bytes, path: tuple[str, ...]
) -> None:
    try:
        edited = json_members.put(content, path, server())
    except CannotEdit:
        return
    text = content.decode("utf-8-sig")
    before = json.loads(text) if text.strip() else {}
    inner = before
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = server()
    assert json.loads(edited.content.decode("utf-8-sig")) == before


@given(SEEDS.map(json_file), PATHS)
def test_every_comment_is_kept(content: bytes, path: tuple[str, ...]) -> None:
    try:
        edited = json_members.put(content, path, server())
    except CannotEdit:
        return
    assert edited.content.count(b"note") == content.count(b"note")


@given(SEEDS.map(json_file), st.sampled_from([("hooks", "Start"), ("list",)]))
def test_an_item_goes_into_a_list_and_out_of_it(content: bytes, path: tuple[str, ...]) -> None:
    edited = json_members.put_item(content, path, {"command": "x"})
    more = json_members.put_item(edited.content, path, {"command": "y"})
    assert json_members.get(more.content, path) == [{"command": "x"}, {"command": "y"}]
    fewer = json_members.take_out_item(more.content, path, 1, more.undo)
    assert fewer == edited.content
    assert json_members.take_out_item(fewer, path, 0, edited.undo) == content


@given(SEEDS.map(json_file), PATHS)
def test_replacing_changes_the_value_and_nothing_else(
    content: bytes, path: tuple[str, ...]
) -> None:
    try:
        first = json_members.put(content, path, server("/old"))
    except CannotEdit:
        return
    second = json_members.put(first.content, path, server("/new"))
    assert second.content == first.content.replace(b"/old", b"/new")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "djobs": 1\n}\n'),
        ("{}", '{\n  "djobs": 1\n}'),
        ('{"a": 2}', '{"a": 2, "djobs": 1}'),
        ('{\n\t"a": 2\n}\n', '{\n\t"a": 2,\n\t"djobs": 1\n}\n'),
        ('{\n  "a": 2, // two\n}', '{\n  "a": 2, // two\n  "djobs": 1,\n}'),
        ('{\n  "a": 2 // two\n}', '{\n  "a": 2, // two\n  "djobs": 1\n}'),
        ("{ // none\n}", '{ // none\n  "djobs": 1\n}'),
        ('{\r\n  "a": 2\r\n}', '{\r\n  "a": 2,\r\n  "djobs": 1\r\n}'),
        ("// only\n", '// only\n{\n  "djobs": 1\n}\n'),
    ],
)
def test_a_new_member_looks_like_its_neighbours(before: str, after: str) -> None:
    assert put(before, "djobs") == after


def test_a_nested_member_is_indented_as_the_file_is() -> None:
    before = (
        '{\n    "mcpServers": {\n        "a": {\n            "command": "x"\n        }\n    }\n}\n'
    )
    after = put(before, "mcpServers", "djobs", value={"command": "y", "args": ["-I"]})
    assert after == before.replace(
        "        }\n    }",
        '        },\n        "djobs": {\n            "command": "y",\n            "args": ["-I"]\n'
        "        }\n    }",
    )


def test_a_member_between_others_takes_only_its_own_comma_along() -> None:
    text = b'{\n  "a": 1, // one\n  "djobs": {},\n  "b": 2\n}'
    left = json_members.take_out(text, ("djobs",), Undo(("djobs",)))
    assert left == b'{\n  "a": 1, // one\n  "b": 2\n}'


def test_what_cannot_be_taken_out_alone_stays() -> None:
    text = b'{\n// one\n"djobs": 1 /* two\nlines */,\n"b": 2}'
    with pytest.raises(CannotEdit, match="without changing something else"):
        json_members.take_out(text, ("djobs",), Undo(("djobs",)))


def test_a_container_that_was_made_stays_when_somebody_else_uses_it() -> None:
    edited = json_members.put(b"{}", ("mcpServers", "djobs"), 1)
    used = json_members.put(edited.content, ("mcpServers", "other"), 2)
    left = json_members.take_out(used.content, ("mcpServers", "djobs"), edited.undo)
    assert json.loads(left) == {"mcpServers": {"other": 2}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "name in quotes is expected in line 1, column 2"),
        ('{"a": 1 "b": 2}', "a comma or } is expected in line 1, column 9"),
        ('{"a": }', "a value is expected"),
        ("{} {}", "something follows the end"),
        ("{'a': 1}", "name in quotes"),
        ('{"a": 1, "a": 2}', 'has "a" twice'),
        ('{"a": []}', "has no object as a"),
        ("[]", "is not one JSON object"),
        ("[" * 1000, "nested too deeply"),
        ('{"a": {}, /* }', "name in quotes"),
    ],
)
def test_what_cannot_be_understood_is_refused(text: str, said: str) -> None:
    with pytest.raises(CannotEdit, match=said):
        put(text, "a", "b")


@pytest.mark.parametrize("content", ["{}".encode("utf-16"), b'{"a": "\xff"}', b"{}\0"])
def test_what_is_no_utf_8_is_refused(content: bytes) -> None:
    with pytest.raises(CannotEdit, match="is not UTF-8"):
        json_members.put(content, ("a",), 1)
