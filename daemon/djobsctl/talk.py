"""Everything said on the way to the answer. Standard error only: standard output is data (R57)."""

import _signal  # type: ignore[import-not-found]  # ``signal`` adds enums, 1 ms
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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
    """Speaks up once, on a timer's signal, when its block takes long. For the main thread only.

    A timer thread would say the same and costs 2 ms, which every quick answer would pay.
    """

    def __init__(self, say: "Callable[[str], None]", sentence: str) -> None:
        self._say = say
        self._sentence = sentence
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = _signal.signal(_signal.SIGALRM, self._ring)
        _signal.setitimer(_signal.ITIMER_REAL, PATIENCE_SECONDS)

    def __exit__(self, *_: object) -> None:
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        _signal.signal(_signal.SIGALRM, self._before)

    def _ring(self, number: int, frame: object) -> None:
        self._say(self._sentence)
