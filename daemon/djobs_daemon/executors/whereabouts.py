"""Whose run a process belongs to: by its ancestors, which it cannot deny (R53)."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from djobs_daemon.executors.ancestry import line_of, parent_of
from djobs_daemon.executors.carried import Carried
from djobs_daemon.executors.inheriting import Confining
from djobs_daemon.executors.kinds import Executor
from djobs_daemon.queue.inheritance import LEVELS, Inherited, both
from djobs_local.identity import Comparison, compare


class Whereabouts:
    """Of what runs now. Lives on the event loop's thread."""

    def __init__(
        self,
        carried: Mapping[str, Carried],
        executors: Mapping[str, Executor],
        parent: Callable[[int], int | None] = parent_of,
        *,
        told: bool = sys.platform.startswith("linux"),
    ) -> None:
        self._carried = carried
        self._executors: Final = executors
        self._parent = parent
        self._told = told
        """The system says whose child a process is."""

    def depth_around(self, pid: int) -> int:
        """Return the depth of the job whose run a process belongs to; 0 when it is of none.

        The nearest counts. On systems without /proc nobody's is known, and the answer is 0.
        """
        found = self._around(pid)
        return 0 if found is None else found.job.depth

    def inherited_by(self, pid: int) -> Inherited | None:
        """Return what confines a process, because a run does that it belongs to; None: nothing.

        A process that has ended meanwhile may have been of any run: what confines all of them
        confines what it asked for.
        """
        confined = {
            each.job.id: inherited for each in self._live() if (inherited := self._of(each))
        }
        if not confined or not self._told:
            return None
        if self._parent(pid) is None:
            return both(confined.values())
        found = self._around(pid)
        return None if found is None else confined.get(found.job.id)

    def _of(self, carried: Carried) -> Inherited | None:
        executor: object = self._executors.get(carried.job.type)
        if not isinstance(executor, Confining):
            return None
        inherited = executor.confines(carried.job)
        return None if inherited.level == LEVELS[0] else inherited

    def _live(self) -> Iterator[Carried]:
        return (each for each in self._carried.values() if each.runner)

    def _around(self, pid: int) -> Carried | None:
        runners = {each.runner.pid: each for each in self._live() if each.runner}
        if not runners:
            return None
        for ancestor in line_of(pid, self._parent):
            found = runners.get(ancestor)
            if found and found.runner and compare(found.runner) is not Comparison.GONE:
                return found
        return None
