"""Who is told to end, and how often."""

from typing import cast

from djobs_runner import course
from djobs_runner.ending import ASKS, Ending
from djobs_runner.tree import GroupTree, LinuxTree


class Counted:
    """Stands in for a tree."""

    def __init__(self) -> None:
        self.asked = self.killed = 0

    def terminate(self) -> None:
        self.asked += 1

    def kill(self) -> None:
        self.killed += 1


def new() -> tuple[Ending, Counted]:
    tree = Counted()
    return Ending(cast("LinuxTree", tree)), tree


def test_who_is_born_while_others_are_killed_is_killed() -> None:
    ending, tree = new()
    ending.act(course.KILL, 0.0)
    ending.repeat(course.KILLING, True, 0.05)
    assert tree.killed == 1
    ending.repeat(course.KILLING, True, 0.11)
    assert tree.killed == 2
    assert ending.wait_seconds(course.KILLING, True) is not None


def test_what_a_living_command_starts_is_not_asked() -> None:
    ending, tree = new()
    ending.act(course.TERMINATE, 0.0)
    ending.repeat(course.TERMINATING, False, 1.0)
    assert tree.asked == 1
    assert ending.wait_seconds(course.TERMINATING, False) is None


def test_what_a_command_left_behind_is_asked_some_times() -> None:
    ending, tree = new()
    ending.act(course.TERMINATE, 0.0)
    for second in range(1, 100):
        ending.repeat(course.TERMINATING, True, float(second))
    assert tree.asked == ASKS
    assert ending.wait_seconds(course.TERMINATING, True) is None


def test_nobody_is_looked_for_without_a_reason() -> None:
    ending, tree = new()
    for phase in (course.RUNNING, course.DRAINING, course.DONE):
        ending.repeat(phase, True, 1.0)
        assert ending.wait_seconds(phase, True) is None
    assert (tree.asked, tree.killed) == (0, 0)


def test_where_no_ended_orphan_wakes_the_runner_it_looks() -> None:
    ending = Ending(GroupTree(1))
    assert ending.wait_seconds(course.TERMINATING, False) is not None
