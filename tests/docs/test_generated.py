"""The pages that are written by the code they describe."""

import sys

import pytest

from djobs_docs.fields import fields_of
from djobs_docs.pages import FOLDER, written
from djobs_protocol.job_requests import ClaimJob

COMMANDS = "commands.md"
WRAPS_OTHERWISE = sys.version_info >= (3, 13)
"""The pages were written by an older Python."""


@pytest.mark.parametrize("name", written())
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """Else run ``python -m djobs_docs``. Each Python wraps a long usage in its own way."""
    page, now = (FOLDER / name).read_text("utf-8"), written()[name]
    if WRAPS_OTHERWISE and name == COMMANDS:
        assert page.split() == now.split()
    else:
        assert page == now


def test_nothing_else_lies_among_the_generated_pages() -> None:
    assert {page.name for page in FOLDER.iterdir()} == set(written())


def test_a_field_says_its_type_bounds_and_meaning() -> None:
    fields = {each.name: each for each in fields_of(ClaimJob)}

    assert fields["types"].kind.startswith("list of string from 1 to ")
    assert fields["lease_seconds"].kind.startswith("number from ")
    assert all(each.meaning for name, each in fields.items() if name in ("job_id", "wait_seconds"))
