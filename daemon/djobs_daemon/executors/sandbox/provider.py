"""What can confine a command, as one small interface."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from djobs_daemon.executors.sandbox.confinement import Confinement, Level


@dataclass(frozen=True)
class Wrapped:
    """A command line that enters a sandbox and executes the command there.

    Before it does, it writes ``entering.ENTERED`` to ``status_fd``, which must be open at that
    number, and closes it. A ``status_fd`` that closes without a word means that nothing of the
    command was executed: the sandbox failed, not the command.
    """

    argv: tuple[str, ...]
    environ: dict[str, str]
    """The whole environment to start it with; not the command's own: see ``surroundings``."""
    status_fd: int | None
    """None: nothing confines, and nothing is written. 0: the command's stdin is /dev/null."""
    monitored: bool
    """Whether the process that is started stays as the command's parent and tells its status. A
    polite signal is then for its descendants only: itself it would end, and its end kills all."""


class Provider(Protocol):
    """One way of confining a command."""

    @property
    def name(self) -> str:
        """What it is called in settings and on jobs."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels it can be asked for; which of them hold here only ``probing`` knows."""

    def wrap(
        self, argv: tuple[str, ...], confinement: Confinement, environ: Mapping[str, str]
    ) -> Wrapped:
        """Return what to execute instead of ``argv`` with ``environ``. Pure.

        ``ValueError`` for what this provider cannot express.
        """
