"""A block of ours in somebody's Markdown."""

import codecs

import pytest
from hypothesis import given

from djobs_setup.editing import marked_block
from djobs_setup.editing.result import CannotEdit, Undo
from tests.setup.documents import SEEDS, markdown_file

BODY = "Use djobs.\n\n* always"


@given(SEEDS.map(markdown_file))
def test_what_is_put_in_and_taken_out_leaves_every_byte(content: bytes) -> None:
    edited = marked_block.put(content, "djobs", BODY)
    assert edited.content.startswith(content)
    assert marked_block.get(edited.content, "djobs") == BODY
    assert marked_block.take_out(edited.content, "djobs", edited.undo) == content


@given(SEEDS.map(markdown_file), SEEDS.map(markdown_file))
def test_a_new_body_changes_the_block_and_nothing_else(before: bytes, after: bytes) -> None:
    first = marked_block.put(before, "djobs", "old")
    after = after.removeprefix(codecs.BOM_UTF8)
    content = first.content + after
    second = marked_block.put(content, "djobs", "new")
    assert second.content == content.replace(b"\nold", b"\nnew")
    left = marked_block.take_out(content, "djobs", first.undo)
    assert left.startswith(before)
    assert left.endswith(after)
    assert left[len(before) : len(left) - len(after)].strip() == b""


@pytest.mark.parametrize(
    "text",
    [
        "<!-- djobs:begin -->\n",
        "<!-- djobs:end -->\n<!-- djobs:begin -->\n",
        "<!-- djobs:begin -->\n<!-- djobs:begin -->\n<!-- djobs:end -->\n",
    ],
)
def test_marks_that_do_not_pair_are_refused(text: str) -> None:
    with pytest.raises(CannotEdit, match="not as one pair"):
        marked_block.put(text.encode(), "djobs", BODY)
    with pytest.raises(CannotEdit, match="not as one pair"):
        marked_block.take_out(text.encode(), "djobs", Undo(("djobs",)))


def test_a_block_that_is_not_there_is_not_taken_out() -> None:
    assert marked_block.take_out(b"# x\n", "djobs", Undo(("djobs",), "\n")) == b"# x\n"


def test_a_separator_that_somebody_removed_takes_no_other_line_end_along() -> None:
    edited = marked_block.put(b"# x\n", "djobs", BODY)
    squeezed = edited.content.replace(b"# x\n\n", b"# x\n")
    assert marked_block.take_out(squeezed, "djobs", edited.undo) == b"# x\n"
