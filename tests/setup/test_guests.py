"""What djobs puts into other programs' files goes again without a trace."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djobs_setup import guests, session_hooks, texts
from djobs_setup.editing.result import CannotEdit
from djobs_setup.guests import Editor, Record
from djobs_setup.places import folders_of, project_of
from djobs_setup.session_hooks import BY_NAME, KIMI, HookEditor, KimiEditor
from djobs_setup.texts import BlockEditor

LINE = session_hooks.command("/venv/bin/python", "/x/djobs_hook/__main__.py", "claude-code")
JSON_HOSTS = list(BY_NAME.values())
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def configurations(draw: st.DrawFn) -> bytes:
    """Return a host's file: others' hooks, other settings, comments, either kind of line end."""
    others = draw(st.lists(st.fixed_dictionaries({"command": NAMES}), max_size=2))
    hooks = {} if draw(st.booleans()) else {draw(st.sampled_from(["SessionStart", "Stop"])): others}
    document = draw(
        st.dictionaries(
            NAMES.filter(lambda name: name not in ("hooks", "version")), VALUES, max_size=3
        )
    )
    if draw(st.booleans()):
        document["hooks"] = hooks
    text = json.dumps(document, indent=draw(st.sampled_from([None, 2, 4])), ensure_ascii=False)
    text = draw(st.sampled_from(["", "// mine\n"])) + text + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


@pytest.mark.parametrize(
    "host",
    [
        BY_NAME["claude-code"],
        pytest.param(BY_NAME["codex"], marks=pytest.mark.slow),
        pytest.param(BY_NAME["gemini-cli"], marks=pytest.mark.slow),
    ],
    ids=lambda host: str(host.host),
)
@settings(max_examples=25, deadline=None)
@given(content=configurations())
def test_a_hook_goes_from_any_json_file_as_if_it_had_never_been_there(
    host: session_hooks.HookHost, content: bytes
) -> None:
    editor = HookEditor(host, LINE)
    edited = editor.put(content)
    assert editor.is_current(edited.content)
    assert editor.take_out(edited.content, edited.undo) == content


@settings(max_examples=30, deadline=None)
@given(content=st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff")))
def test_the_block_goes_from_any_text_as_if_it_had_never_been_there(content: str) -> None:
    editor, before = BlockEditor(texts.text()), content.encode()
    edited = editor.put(before)
    assert editor.is_current(edited.content)
    assert editor.put(edited.content).content == edited.content
    assert editor.take_out(edited.content, edited.undo) == before


@pytest.mark.parametrize("before", ["", "x = 1", "[a]\nb = 2\n", '[[hooks]]\nevent = "Stop"\n'])
def test_a_hook_of_kimi_is_one_more_table_and_goes_again(before: str) -> None:
    editor = KimiEditor(LINE)
    edited = editor.put(before.encode())
    assert tomllib.loads(edited.content.decode())["hooks"][-1] == {
        "event": "SessionStart",
        "command": LINE,
    }
    assert editor.take_out(edited.content, edited.undo) == before.encode()


def test_kimi_s_file_that_has_hooks_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot have a hook added"):
        KimiEditor(LINE).put(b"hooks = 3\n")


EDITORS: list[Editor] = [
    *[HookEditor(each, LINE) for each in JSON_HOSTS],
    KimiEditor(LINE),
    BlockEditor("be good"),
]


@pytest.mark.parametrize("editor", EDITORS, ids=[str(number) for number in range(len(EDITORS))])
def test_a_file_that_was_made_for_it_goes_with_its_folders(editor: Editor, tmp_path: Path) -> None:
    record = Record(str(tmp_path / "state"), "hooks")
    (tmp_path / "state").mkdir()
    path = tmp_path / "a" / "b" / "file"
    for _ in range(2):  # the second finds it as it should be
        guests.apply(guests.putting(str(path), "x", editor, record, 0o600), record, remove=False)
    assert editor.is_current(path.read_bytes())
    change = guests.removing(str(path), "x", editor, record)
    assert change is not None
    guests.apply(change, record, remove=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["state"]
    assert list((tmp_path / "state").iterdir()) == []


def test_a_hook_of_an_older_djobs_is_replaced_and_undone_as_the_first_would_be(
    tmp_path: Path,
) -> None:
    record, path = Record(str(tmp_path), "hooks"), tmp_path / "settings.json"
    before = b'{\n  "model": "x"\n}\n'
    path.write_bytes(before)
    host = BY_NAME["claude-code"]
    for line in ("/old/djobs_hook/__main__.py", LINE):
        editor = HookEditor(host, line)
        guests.apply(guests.putting(str(path), "x", editor, record, 0o600), record, remove=False)
    assert path.read_bytes().count(b"djobs_hook") == 1
    change = guests.removing(str(path), "x", HookEditor(host, LINE), record)
    assert change is not None
    guests.apply(change, record, remove=True)
    assert path.read_bytes() == before


def test_without_a_record_the_part_goes_and_what_is_beside_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "AGENTS.md"
    path.write_bytes(BlockEditor("old").put(b"# Mine\n").content)
    change = guests.removing(str(path), "x", BlockEditor("new"), Record(str(tmp_path), "hooks"))
    assert change is not None
    assert change.after == b"# Mine\n"


def test_a_file_written_by_somebody_else_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "AGENTS.md"
    record = Record(str(tmp_path), "instructions")
    change = guests.putting(str(path), "x", BlockEditor("x"), record, 0o600)
    path.write_text("theirs", "utf-8")
    with pytest.raises(CannotEdit):
        guests.apply(change, record, remove=False)
    assert path.read_text("utf-8") == "theirs"


def test_the_text_is_short() -> None:
    assert len(texts.text().split()) <= 150


def test_the_command_is_one_that_fails_for_nobody() -> None:
    assert LINE.endswith("2>/dev/null || true")
    assert session_hooks.command("/a b/python", "/x", "codex").startswith("'/a b/python' -I -S ")


def test_hosts_that_were_moved_are_found_where_they_are(tmp_path: Path) -> None:
    moved = folders_of({"HOME": "/h", "CODEX_HOME": "/c"}, "/p")
    assert moved.expand(BY_NAME["codex"].user) == "/c/hooks.json"
    assert moved.expand(KIMI.user) == "/h/.kimi/config.toml"
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    assert project_of(str(tmp_path / "src")) == str(tmp_path)
