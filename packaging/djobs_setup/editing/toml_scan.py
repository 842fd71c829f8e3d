"""Where the statements of a TOML document begin and end. What they mean is for ``tomllib``."""

import re
import tomllib
from dataclasses import dataclass
from typing import Final

from djobs_setup.editing.result import CannotEdit, Path

_TOKEN: Final = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[{]|[\]}]|\n|[^\"'\#\[\]{}\n]+"
)


@dataclass(frozen=True)
class Statement:
    """A header or a pair, from the start of its line to the end of the last, line end included."""

    start: int
    end: int
    header: Path | None
    """The table that begins here; None for a pair."""
    is_list: bool = False
    """Whether the header is one of an array of tables, ``[[…]]``."""


def parse(text: str) -> dict[str, object]:
    """Return what the document says."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CannotEdit(f"is not valid TOML: {error}") from None


def statements(text: str) -> list[Statement]:
    """Return the statements of a document that is valid, without blank lines and comments."""
    found: list[Statement] = []
    at = 0
    while at < len(text):
        end = _line_group_end(text, at)
        line = text[at:end].strip()
        if line and not line.startswith("#"):
            found.append(_statement(text, at, end))
        at = end
    return found


def _line_group_end(text: str, at: int) -> int:
    """Return where the line ends, or the lines that a value takes."""
    depth = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise CannotEdit("is not valid TOML")
        at = token.end()
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            break
    return at


def _statement(text: str, start: int, end: int) -> Statement:
    line = text[start:end].strip()
    if not line.startswith("["):
        return Statement(start, end, None)
    is_list = line.startswith("[[")
    return Statement(start, end, _path_of(line), is_list)


def _path_of(header: str) -> Path:
    names: list[str] = []
    value: object = tomllib.loads(header)
    while value:
        value = value[0] if isinstance(value, list) else value
        assert isinstance(value, dict)
        if not value:
            break
        ((name, value),) = value.items()
        names.append(name)
    return tuple(names)
