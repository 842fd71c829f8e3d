"""Whether a command line of ``djobsctl`` would be understood, without running it."""

import shlex

from djobsctl.dispatch import load, parse
from djobsctl.words import UsageError, split


def refusal(words: str) -> str | None:
    """Return why ``djobsctl …`` is not understood; None when it is."""
    name, *rest = shlex.split(words.replace("--host NAME", "--host codex"))
    assert name == "djobsctl", words
    try:
        before, command, arguments = split(rest)
        if before or not command:
            return "no command"
        parse(command, load(command), arguments)
    except UsageError as error:
        return str(error)
    return None
