"""A machine whose clocks go only when they are told."""

from djobs_daemon.scheduler.clock import Reading


class Machine:
    """Works, sleeps, has its clock set; a store reads its wall clock."""

    def __init__(self) -> None:
        self.now = Reading(wall=1_800_000_000_000, awake=1000, elapsed=5000)

    def read(self) -> Reading:
        """Return the three clocks."""
        return self.now

    def wall(self) -> int:
        """Return the wall clock."""
        return self.now.wall

    def work(self, ms: int) -> None:
        """Let time pass."""
        self.now = Reading(*(each + ms for each in self.now))

    def sleep(self, ms: int) -> None:
        """Let time pass in which nothing runs."""
        self.now = Reading(self.now.wall + ms, self.now.awake, self.now.elapsed + ms)

    def set_wall(self, ms: int) -> None:
        """Set the wall clock, forwards or backwards."""
        self.now = self.now._replace(wall=self.now.wall + ms)
