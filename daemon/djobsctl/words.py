"""Which command the words on the command line name; without argparse, which is slow to import."""

import os

from djobsctl.commands.table import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class UsageError(Exception):
    """The arguments make no sense; the message says which and why."""


def as_typed(argv: "Sequence[str]") -> list[str]:
    """Return the words as UTF-8, whatever the locale made of them; ``UsageError`` if they are not.

    What is not UTF-8 cannot be sent, and under an ASCII locale Python reads no other letter right.
    """
    typed = []
    for word in argv:
        try:
            typed.append(os.fsencode(word).decode())
        except UnicodeError:
            raise UsageError(f"The argument {word!a} is not UTF-8.") from None
    return typed


def split(argv: "Sequence[str]") -> "tuple[list[str], str, list[str]]":
    """Return (options before the command, the command, arguments after it).

    The command is ``""`` when there is none. Raises ``UsageError`` for an unknown one.
    """
    before: list[str] = []
    words = list(argv)
    while words and words[0].startswith("-"):
        before.append(words.pop(0))
    if not words:
        return before, "", []
    for length in (2, 1):
        command = " ".join(words[:length])
        if command in COMMANDS:
            return before, command, words[length:]
    raise UsageError(unknown(words[0]))


def unknown(word: str) -> str:
    """Say that there is no such command, and which one may have been meant."""
    longer = [name for name in COMMANDS if name.startswith(f"{word} ")]
    if longer:
        return f"`{word}` needs another word: {', '.join(f'`{name}`' for name in longer)}."
    near = [name for name in COMMANDS if name.startswith(word)] or _similar(word)
    meant = f" Did you mean `{near[0]}`?" if near else ""
    return f"There is no command `{word}`.{meant} `djobsctl help` lists them."


def _similar(word: str) -> list[str]:
    import difflib  # slow, and needed only after a slip

    return difflib.get_close_matches(word, COMMANDS, n=1)
