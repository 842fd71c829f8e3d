"""Everything said on the way to the answer. Standard error only: standard output is data (R57)."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 1.0
"""How long a command may be silent before it says what it waits for."""


class Talk:
    """How a command speaks with the person while it works."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, sentence: str) -> None:
        """Write one line to standard error; a closed standard error is nobody's problem."""
        try:
            print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - this is the one place
        except (OSError, ValueError):
            return

    def waiting(self, sentence: str) -> "Waiting":
        """Return a context that says ``sentence`` if it lasts over ``PATIENCE_SECONDS``."""
        return Waiting(self.say, sentence)


class Waiting:
    """Speaks up once, from a timer thread, when its block takes long."""

    def __init__(self, say: "Callable[[str], None]", sentence: str) -> None:
        from threading import Timer  # 2 ms that a command which does not wait need not pay

        self._timer = Timer(PATIENCE_SECONDS, say, (sentence,))
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
