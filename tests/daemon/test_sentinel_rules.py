"""What is done about each thing that can be wrong with the daemon's own files."""

import itertools

from djobs_daemon.sentinel import stop_status
from djobs_daemon.sentinel_rules import REBINDS_MAX, STOPS, Action, Facts, decide


def test_nothing_is_done_while_everything_is_in_its_place() -> None:
    assert decide(Facts(), 0) == []


def test_a_missing_lock_stops_the_daemon_whatever_else_is_wrong() -> None:
    assert decide(Facts(lock=False, socket=False, record=False), 0) == [Action.STOP_WITHOUT_LOCK]


def test_the_folder_is_repaired_before_the_socket_and_the_socket_before_the_record() -> None:
    assert decide(Facts(socket_folder=False, socket=False, record=False), 0) == [
        Action.REPAIR_SOCKET_FOLDER,
        Action.REBIND,
        Action.REWRITE_RECORD,
    ]


def test_a_socket_that_vanishes_again_and_again_ends_the_daemon() -> None:
    assert decide(Facts(socket=False), REBINDS_MAX - 1) == [Action.REBIND]
    assert decide(Facts(socket=False), REBINDS_MAX) == [Action.STOP_UNREACHABLE]


def test_every_combination_either_stops_alone_or_repairs_exactly_what_is_wrong() -> None:
    for values in itertools.product([True, False], repeat=len(Facts._fields)):
        facts = Facts(*values)
        actions = decide(facts, 0)
        if facts.folder and facts.lock and facts.database:
            assert len(actions) == values.count(False)
            assert not STOPS.intersection(actions)
        else:
            assert len(actions) == 1
            assert STOPS.issuperset(actions)


def test_no_reason_to_stop_looks_like_a_planned_end() -> None:
    assert all(stop_status(action) != 0 for action in STOPS)
    assert stop_status(Action.STOP_WITHOUT_DATABASE) == 65
