"""Every requirement that the code cites is listed, each with test functions that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "requirements.md").read_text()
PROMISES = dict(re.findall(r"^\*\*(R\d+)\.\*\* (.*?)(?=^\*\*R|\Z)", PAGE, re.MULTILINE | re.DOTALL))
"""By number: the promise and what stands below it."""


def cited_in_sources() -> set[str]:
    sources = (
        path for part in ("daemon", "protocol", "shim") for path in (ROOT / part).rglob("*.py")
    )
    return {number for path in sources for number in re.findall(r"\bR\d+\b", path.read_text())}


def named_in(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^- `(tests/[\w/]+\.py)::(test_\w+)`$", text, re.MULTILINE)


def exists(path: str, function: str) -> bool:
    file = ROOT / path
    definition = rf"^(async )?def {function}\("
    return file.is_file() and bool(re.search(definition, file.read_text(), re.MULTILINE))


def test_every_requirement_the_code_cites_is_listed() -> None:
    assert cited_in_sources() <= PROMISES.keys()


def test_every_requirement_names_tests_that_exist() -> None:
    for number, text in PROMISES.items():
        named = named_in(text)
        assert named, f"no test holds {number}"
        assert [each for each in named if not exists(*each)] == [], number


def test_the_page_names_tests_in_no_other_way() -> None:
    assert PAGE.count("tests/") == len(named_in(PAGE)) > 80
