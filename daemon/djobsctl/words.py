"""Which command the words on the command line name; without argparse, which is slow to import."""

import os

from djobsctl.commands.table import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_LIST_HINT = "`djobsctl help` lists the commands."


class UsageError(Exception):
    """The arguments make no sense; the message says which and why.

    ``hint``: what to do next, where that is not to read about the command.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


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


def own(words: "Sequence[str]") -> list[str]:
    """Return the words that may be options of ours: those before the first ``--``."""
    return list(words[: words.index("--")]) if "--" in words else list(words)


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
    raise unknown(words)


def unknown(words: "Sequence[str]") -> UsageError:
    """Return the error that there is no such command, and which one may have been meant."""
    word, following = words[0], [each for each in words[1:2] if not each.startswith("-")]
    longer = [name for name in COMMANDS if name.startswith(f"{word} ")]
    if longer and not following:
        which = ", ".join(f"`{name}`" for name in longer)
        return UsageError(f"`{word}` needs another word: {which}.", _LIST_HINT)
    typed = " ".join([word, *following]) if longer else word
    near = longer or [name for name in COMMANDS if name.startswith(word)] or _similar(word)
    meant = f" Did you mean `{near[0]}`?" if near and word else ""
    return UsageError(f"There is no command `{typed}`.{meant}", _LIST_HINT)


def _similar(word: str) -> list[str]:
    import difflib  # slow, and needed only after a slip

    return difflib.get_close_matches(word, COMMANDS, n=1)
