"""Leases count awake time: neither sleep nor a jump of the wall clock moves them (R15, R45)."""

from djobs_daemon.scheduler.clock import Gap, Reading, SteadyClock, SystemClock, gap_between

HOUR_MS = 3_600_000


class Simulated:
    """Three clocks that go only when they are told."""

    def __init__(self) -> None:
        self.reading = Reading(wall=1_000_000, awake=500, elapsed=900)

    def read(self) -> Reading:
        return self.reading

    def work(self, ms: int) -> None:
        wall, awake, elapsed = self.reading
        self.reading = Reading(wall + ms, awake + ms, elapsed + ms)

    def sleep(self, ms: int) -> None:
        wall, awake, elapsed = self.reading
        self.reading = Reading(wall + ms, awake, elapsed + ms)

    def jump(self, ms: int) -> None:
        self.reading = self.reading._replace(wall=self.reading.wall + ms)


def test_awake_time_moves_the_steady_clock_and_is_no_gap() -> None:
    clock = Simulated()
    steady = SteadyClock(clock)
    clock.work(HOUR_MS)
    assert steady.now() == clock.reading.wall
    assert steady.put_right() == Gap(0, 0)


def test_sleep_and_jumps_do_not_move_it_until_it_is_put_right() -> None:
    clock = Simulated()
    steady = SteadyClock(clock)
    before = steady.now()
    clock.sleep(8 * HOUR_MS)
    clock.jump(-HOUR_MS)
    assert steady.now() == before
    assert steady.put_right() == Gap(slept_ms=8 * HOUR_MS, jumped_ms=-HOUR_MS)
    assert steady.now() == clock.reading.wall == before + 7 * HOUR_MS
    assert steady.put_right() == Gap(0, 0)


def test_imprecision_is_no_gap() -> None:
    clock = Simulated()
    start = clock.reading
    clock.sleep(900)
    clock.jump(-900)
    assert gap_between(start, clock.reading) == Gap(0, 0)


def test_the_machines_clocks_agree_with_themselves() -> None:
    steady = SteadyClock(SystemClock())
    assert steady.put_right() == Gap(0, 0)
    assert abs(steady.now() - steady.wall()) < 1000
