"""Asking all processes of a run to end, and killing them, until nobody is left (R11)."""

from djobs_runner import course
from djobs_runner.tree import GroupTree, LinuxTree

ASKS = 10
"""How often a tree is asked to end at most; each process only once."""
AGAIN_SECONDS = 0.1
"""Between two looks for what cannot wake us: who was born while the others were told."""


class Ending:
    """What was done to end a tree, and what is to be done again."""

    def __init__(self, tree: LinuxTree | GroupTree) -> None:
        self.tree = tree
        self._asks_left = ASKS
        self._again_at = 0.0

    def act(self, action: str, now: float) -> None:
        """Do what the course of the run demands."""
        if action == course.TERMINATE:
            self._asks_left = ASKS - 1
            self.tree.terminate()
        elif action == course.KILL:
            self.tree.kill()
        self._again_at = now + AGAIN_SECONDS

    def repeat(self, phase: str, command_gone: bool, now: float) -> None:
        """Do it again to whoever has appeared since, if it is time."""
        if now < self._again_at:
            return
        if phase == course.KILLING:
            self.act(course.KILL, now)
        elif self._may_ask(phase, command_gone):
            self.tree.terminate()
            self._asks_left -= 1
            self._again_at = now + AGAIN_SECONDS

    def wait_seconds(self, phase: str, command_gone: bool) -> float | None:
        """Return after how long to look again though nothing woke us; None for never."""
        blind = phase == course.TERMINATING and isinstance(self.tree, GroupTree)
        again = phase == course.KILLING or self._may_ask(phase, command_gone) or blind
        return AGAIN_SECONDS if again else None

    def _may_ask(self, phase: str, command_gone: bool) -> bool:
        """Say whether somebody may be there who was born while the others were asked.

        Not before the command itself has ended: what it starts now may be its way to end.
        """
        return phase == course.TERMINATING and command_gone and self._asks_left > 0
