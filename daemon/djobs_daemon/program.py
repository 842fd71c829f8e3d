"""Which Python runs which file as the daemon."""

import os
from typing import NamedTuple

from djobs_local import spawn
from djobs_protocol.errors import DjobsError, ErrorCode


class Program(NamedTuple):
    """The daemon of one installation."""

    interpreter: str
    main: str

    def command(self, *options: str) -> list[str]:
        """Return how it is run."""
        return [self.interpreter, "-I", self.main, *options]


def own() -> Program:
    """Return this installation's, whatever lies there by now."""
    return Program(spawn.find_interpreter(), spawn.find_daemon_main())


def stated(words: tuple[str, str]) -> Program:
    """Return the program that a client states; ``INVALID_PARAMS`` for one that cannot be run."""
    program = Program(*words)
    for path in program:
        if not (os.path.isabs(path) and os.path.isfile(path)):
            raise DjobsError(
                ErrorCode.INVALID_PARAMS,
                f"{path!r} is not the absolute path of a file, so no daemon can be started by it.",
                hint="Run `djobsctl upgrade` of the installation that is to serve.",
            )
    return program
