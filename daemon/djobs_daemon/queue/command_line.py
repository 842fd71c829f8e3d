"""A line typed by a person or a model as the words of a command. Pure; nothing is expanded.

The quoting rules are those of POSIX (Shell Command Language, 2.2). ``shlex`` splits by them too,
but does not tell whether a ``*`` or a ``|`` was quoted, which is what decides here.
"""

import re
from typing import Final

_BLANKS: Final = frozenset(" \t\r")
_MEANT_FOR_A_SHELL: Final = {
    **dict.fromkeys("|&;<>()\n", "joins or redirects commands"),
    **dict.fromkeys("*?[", "has a pattern of file names"),
}
"""Characters that mean something unless they are quoted."""
_EXPANDED: Final = {"$": "has a variable", "`": "has a command substitution"}
"""Likewise, and between double quotes, too."""
_AT_THE_START: Final = {"~": "has a home folder", "#": "has a comment"}
_ESCAPED_IN_DOUBLE_QUOTES: Final = frozenset('$`"\\')
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")


class NotPlain(ValueError):
    """The line means something to a shell that a list of words cannot say. Reads after "spec"."""


def words_of(line: str) -> tuple[str, ...]:
    """Split a line into words, quotes removed; raise ``NotPlain`` where only a shell knows more."""
    words, at = [], 0
    line = line.strip()
    while at < len(line):
        if line[at] in _BLANKS:
            at += 1
            continue
        word, at = _word(line, at)
        words.append(word)
    if not words:
        raise NotPlain("is empty")
    if _ASSIGNMENT.match(line):
        raise NotPlain("sets a variable")
    return tuple(words)


def _word(line: str, at: int) -> tuple[str, int]:
    """Return the word that begins at a place, and the place after it."""
    if line[at] in _AT_THE_START:
        raise NotPlain(_AT_THE_START[line[at]])
    text = ""
    while at < len(line) and line[at] not in _BLANKS:
        char = line[at]
        if char in _MEANT_FOR_A_SHELL or char in _EXPANDED:
            raise NotPlain((_MEANT_FOR_A_SHELL | _EXPANDED)[char])
        if char == "'":
            end = line.find("'", at + 1)
            if end < 0:
                raise NotPlain("has a quote that is not closed")
            text, at = text + line[at + 1 : end], end + 1
        elif char == '"':
            part, at = _double_quoted(line, at + 1)
            text += part
        elif char == "\\":
            text, at = text + line[at + 1 : at + 2], at + 2
        else:
            text, at = text + char, at + 1
    return text, at


def _double_quoted(line: str, at: int) -> tuple[str, int]:
    text = ""
    while at < len(line) and line[at] != '"':
        if line[at] in _EXPANDED:
            raise NotPlain(_EXPANDED[line[at]])
        if line[at] == "\\" and line[at + 1 : at + 2] in _ESCAPED_IN_DOUBLE_QUOTES:
            at += 1
        text, at = text + line[at : at + 1], at + 1
    if at >= len(line):
        raise NotPlain("has a quote that is not closed")
    return text, at + 1
