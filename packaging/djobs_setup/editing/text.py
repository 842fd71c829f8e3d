"""The text in a file's bytes: its mark of the byte order and its kind of line end are kept."""

import codecs
import re
from dataclasses import dataclass

from djobs_setup.editing.result import CannotEdit

_LINE_END = re.compile(r"\r?\n")


@dataclass(frozen=True)
class Text:
    """A file as text."""

    bom: bytes
    text: str

    @property
    def newline(self) -> str:
        """The line end that the file uses first."""
        found = _LINE_END.search(self.text)
        return found[0] if found else "\n"

    def encode(self, text: str) -> bytes:
        """Return other text as bytes, under the same mark."""
        return self.bom + text.encode()


def decode(content: bytes) -> Text:
    """Return the text; only UTF-8 is edited."""
    bom = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content:
        raise CannotEdit("is not UTF-8")
    try:
        return Text(bom, content[len(bom) :].decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CannotEdit(f"is not UTF-8 in line {line}") from None


def separator(source: Text) -> str:
    """Return what goes between the end of the text and something new: an empty line."""
    if not source.text:
        return ""
    return source.newline if source.text.endswith("\n") else source.newline * 2


def without_separator(head: str, gap: str) -> str:
    """Return the text without a separator that is still at its end."""
    rest = head.removesuffix(gap)
    ended = rest.endswith("\n")
    return rest if ended == (gap.count("\n") == 1) or not gap else head


def joined(head: str, rest: str, newline: str) -> str:
    """Return what is left on both sides, on lines of their own."""
    return head + newline + rest if head and rest and not head.endswith("\n") else head + rest
