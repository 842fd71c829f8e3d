"""Reading other tools' files, which may be anything; nothing is written, made or locked."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from djobs_local.plain_file import open_plain
from djobsctl.importing.items import Problem

FILE_BYTES_MAX: Final = 256 * 1024 * 1024
IDENTITY_CHARS: Final = 12
_NUMBERED: Final = re.compile(r"([^0-9]*)([0-9]{0,15})")


class Unreadable(Exception):
    """A file, or a line of it, is not what it should be; carries the ``Problem``."""

    def __init__(self, path: str, line: int | None, what: str, left_out: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(path, line, what, left_out)


class Line(NamedTuple):
    """A line that is not empty, or why it is none."""

    number: int
    text: str
    problem: Problem | None = None


def read_bytes(path: str) -> bytes:
    """Return what a regular file holds; raise ``Unreadable``."""
    try:
        with open(open_plain(path, os.O_RDONLY), "rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Unreadable(path, None, f"It cannot be read: {error.strerror}.") from None
    if len(content) > FILE_BYTES_MAX:
        raise Unreadable(path, None, f"It is over {FILE_BYTES_MAX} bytes.")
    return content


def read_text(path: str) -> str:
    """Return a UTF-8 file's text; raise ``Unreadable`` with the line that is none."""
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(path, line, "It is not UTF-8 from here on.") from None


def read_lines(path: str) -> Iterator[Line]:
    """Yield the lines of a file, each decoded by itself, so that one bad line spoils no other."""
    for number, raw in enumerate(read_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            yield Line(number, raw.decode())
        except UnicodeDecodeError:
            yield Line(number, "", Problem(path, number, "It is not UTF-8.", "the line"))


def read_json(path: str) -> Any:
    """Return the value in a JSON file; raise ``Unreadable`` with the line of the mistake."""
    text = read_text(path)
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(path, error.lineno, f"It is not JSON: {error.msg}.") from None
    except (ValueError, RecursionError):
        what = "It is not JSON: NaN, or nested too deeply."
        raise Unreadable(path, None, what) from None


def loads(text: str) -> Any:
    """Return a JSON value that can be written again; raise ``ValueError`` or ``RecursionError``.

    Halves of characters, which an escape can stand for, become question marks; NaN is refused.
    """
    value = json.loads(text, parse_constant=_refuse)
    if "\\ud" not in text.lower():
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted as people count; none if it is no folder."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(names, key=_as_counted)


def _as_counted(name: str) -> list[tuple[str, int]]:
    return [(word, int(digits or 0)) for word, digits in _NUMBERED.findall(name)]


def identity_of(folder: str) -> str:
    """Return what stands for a place of this machine in keys."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()
    return digest[:IDENTITY_CHARS]
