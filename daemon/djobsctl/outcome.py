"""What a command hands back: a document for programs, and how it ended."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

EXIT_OK = 0
EXIT_FALSE = 1
"""The thing asked about is false: a check found damage, a demo's promise did not hold."""
EXIT_NOTHING = 3
"""There is nothing to do: no job may start."""


class Outcome:
    """A command's answer.

    ``document`` holds plain JSON values. ``streamed`` says that all of it was printed already,
    line by line, so that nothing is left to print. ``unheard`` is called when it could not be
    printed: nobody knows of what was done.
    """

    __slots__ = ("document", "exit_status", "streamed", "unheard")

    def __init__(
        self,
        document: "Mapping[str, Any]",
        exit_status: int = EXIT_OK,
        *,
        streamed: bool = False,
        unheard: "Callable[[], None] | None" = None,
    ) -> None:
        if "schema" in document:
            raise ValueError("`schema` is the envelope's; nest what has one of its own")
        self.document = document
        self.exit_status = exit_status
        self.streamed = streamed
        self.unheard = unheard
