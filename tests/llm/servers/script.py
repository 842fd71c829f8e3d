"""What a scripted provider does when it is asked: answers, refuses, breaks off, or says nothing."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS = 1000, 200, 400
"""What every answer says that it used; those from a cache are among the input."""


@dataclass(frozen=True)
class Answer:
    """A whole answer: a text, or arguments of the tool that the request offers.

    A request that offers none wants the arguments as its text: some models are asked that way.
    """

    text: str = ""
    arguments: dict[str, Any] | None = None
    ending: str = "done"
    """``done``, ``length`` or ``refused``."""
    cut_after: int | None = None
    """Break the connection after so many events; None sends them all."""
    stop_after: int | None = None
    """End the stream in good order after so many events."""
    error: str | None = None
    """What kind of error stands in the stream where it stops."""


@dataclass(frozen=True)
class Fails:
    """An error, as HTTP sends it."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Garbage:
    """A success whose body is not what the format says."""

    body: bytes = b'{"half": '


@dataclass(frozen=True)
class Silence:
    """The request is read and nothing is ever said."""


@dataclass(frozen=True)
class Drips:
    """A stream that begins, and then says for ever that it is alive, and nothing else."""


Step: TypeAlias = Answer | Fails | Garbage | Silence | Drips


def files(summary: str = "Done.", **contents: str) -> Answer:
    """Return an answer with files; ``a__b_py`` stands for ``a/b.py``."""
    named = {name.replace("__", "/").replace("_", "."): text for name, text in contents.items()}
    return at_paths(named, summary)


def at_paths(contents: dict[str, str], summary: str = "Done.") -> Answer:
    """Return an answer with files at any paths."""
    listed = [{"path": path, "content": text} for path, text in contents.items()]
    return Answer(arguments={"files": listed, "summary": summary})
