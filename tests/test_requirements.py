"""Every requirement that the code cites is listed with tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "requirements.md").read_text()
LISTED = set(re.findall(r"^\| (R\d+) \|", PAGE, re.MULTILINE))


def cited_in_sources() -> set[str]:
    sources = (
        path for part in ("daemon", "protocol", "shim") for path in (ROOT / part).rglob("*.py")
    )
    return {number for path in sources for number in re.findall(r"\bR\d+\b", path.read_text())}


def test_every_requirement_the_code_cites_is_listed() -> None:
    later_work = {"R17"}  # named only to say that it is not there yet

    assert cited_in_sources() - later_work <= LISTED


def test_every_test_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)

    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).is_file()] == []
