"""How far commands of a type are trusted: which, through what, and where they may write."""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from djobs_daemon.executors.kinds import Surroundings
from djobs_daemon.executors.orders import Limits
from djobs_daemon.executors.sandbox import finding
from djobs_daemon.executors.sandbox.choosing import choose
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.confining import Surrounding, Wish
from djobs_daemon.executors.sandbox.verdict import Probed
from djobs_daemon.executors.variables import VariableRules
from djobs_daemon.queue.shell_rules import ShellRules
from djobs_protocol.errors import DjobsError


@dataclass(frozen=True)
class ShellPolicy:
    """What the config file says of a type whose executor is ``shell``."""

    rules: ShellRules = field(default_factory=ShellRules)
    wish: Wish = field(default_factory=Wish)
    limits: Limits = field(default_factory=Limits)
    variables: VariableRules = field(default_factory=VariableRules)

    @property
    def confines(self) -> bool:
        """Whether the type requires a sandbox."""
        return self.wish.level is not Level.NONE


class Sandboxes:
    """What this machine can confine, found out once, by trying. For any thread."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._probed: Sequence[Probed] | None = None

    def around(self, surroundings: Surroundings) -> Surrounding:
        """Return what is to know of the machine; the first call takes seconds."""
        home = surroundings.environ.get("HOME", "/")
        with self._looking:
            if self._probed is None:
                path = surroundings.environ.get("PATH")
                self._probed = finding.look(surroundings.home, path)
        return Surrounding(self._probed, home, tuple(_own(surroundings)))

    def said(self, level: Level) -> str:
        """Say who enforces a level, as far as that was found out by now; tries nothing."""
        if self._probed is None:
            return f"{level}, not tried yet"
        try:
            return choose(level, self._probed).recorded
        except DjobsError:
            return f"{level}, which nothing here enforces"

    def unprobed(self, surroundings: Surroundings) -> Surrounding:
        """Return it for a command that nothing is to confine."""
        return Surrounding((), surroundings.environ.get("HOME", os.sep), (), ())


def _own(surroundings: Surroundings) -> Iterator[str]:
    """Yield what is djobs' own: no command has business there."""
    yield surroundings.home
    for suffix in ("", "-wal", "-shm"):
        yield surroundings.database + suffix
