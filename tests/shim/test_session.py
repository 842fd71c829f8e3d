"""One client's session over a real process and a real socket, through deaths of the daemon."""

import threading
from pathlib import Path

import pytest

from tests.harness.waiting import wait_until
from tests.shim.process import running, sleeps_soundly
from tests.shim.standin import Connection, StandIn

MEGABYTE = 1 << 20


def test_an_answer_comes_back_and_nothing_else_does(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        shim.say(b'{"id":1}\n')
        link = daemon.serve(instance="a")
        assert link.line() == b'{"id":1}'
        link.send(b'?new\n=1 {"result":1}\n')
        assert shim.line() == b'{"result":1}'
        shim.end()
        assert link.at_end()
        link.close()
        assert shim.rest() == b""
        assert shim.status() == 0
        assert shim.errors() == ""


def test_the_hello_names_the_shim_and_its_folder(home: Path, daemon: StandIn) -> None:
    with running(home, "--workspace", "/some/where", CLAUDE_PROJECT_DIR="/p") as shim:
        hello = daemon.accept().greet()
        assert hello["pid"] == shim.pid
        assert hello["args"] == ["--workspace", "/some/where"]
        assert hello["env"]["CLAUDE_PROJECT_DIR"] == "/p"
        assert hello["next"] == 1


def test_two_shims_are_two_sessions(home: Path, daemon: StandIn) -> None:
    with running(home), running(home):
        assert daemon.accept().greet()["session"] != daemon.accept().greet()["session"]


def test_unanswered_lines_are_replayed_to_the_next_daemon(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        first = daemon.serve(instance="a")
        shim.say(b'{"id":1}\n{"id":2}\n{"id":3}\n')
        assert [first.line() for _ in range(3)] == [b'{"id":1}', b'{"id":2}', b'{"id":3}']
        first.send(b'+1 {"one":1}\n=2 {"two":2}\n')
        assert (shim.line(), shim.line()) == (b'{"one":1}', b'{"two":2}')
        first.close()
        second = daemon.accept()
        hello = second.greet(instance="b")
        assert hello["session"] == first.hello["session"]
        assert (hello["resume"], hello["last"]) == (1, {"instance": "a"})
        assert (hello["seqs"], hello["next"]) == ([[1, 1], [3, 0]], 4)
        assert (second.line(), second.line()) == (b'{"id":1}', b'{"id":3}')
        second.send(b'=3 {"three":3}\n')
        assert shim.line() == b'{"three":3}'


def test_a_line_written_while_the_daemon_is_away_reaches_the_next_one(
    home: Path, daemon: StandIn
) -> None:
    with running(home) as shim:
        first = daemon.serve()
        daemon.close()
        first.close()
        shim.say(b'{"id":1}\n')
        daemon.listen()
        second = daemon.serve()
        assert second.line() == b'{"id":1}'


def test_a_daemon_killed_in_the_middle_of_an_answer_leaves_no_trace_of_it(
    home: Path, daemon: StandIn
) -> None:
    with running(home) as shim:
        first = daemon.serve()
        shim.say(b'{"id":1}\n')
        first.line()
        first.send(b'=1 {"result":"ha')
        first.close()
        second = daemon.serve()
        assert second.hello["seqs"] == [[1, 0]]
        second.line()
        second.send(b'=1 {"result":"whole"}\n')
        assert shim.line() == b'{"result":"whole"}'


def test_answers_sent_just_before_the_daemon_died_arrive(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        first = daemon.serve()
        shim.say(b'{"id":1}\n{"id":2}\n')
        first.line()
        first.send(b'=1 {"result":1}\n')
        first.close()  # with line 2 unread, so the shim's next write fails
        shim.say(b'{"id":3}\n')
        assert shim.line() == b'{"result":1}'
        assert [number for number, _ in daemon.serve().hello["seqs"]] == [2, 3]


def test_twenty_daemons_die_within_one_session(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        for number in range(1, 21):
            link = daemon.serve()
            shim.say(b'{"id":%d}\n' % number)
            link.line()
            link.close()
            link = daemon.serve()
            link.line()
            link.send(b'=%d {"result":%d}\n' % (number, number))
            assert shim.line() == b'{"result":%d}' % number
            link.close()


@pytest.mark.parametrize("size", [3 * MEGABYTE, 10 * MEGABYTE])
def test_large_lines_pass_whole_in_both_directions(home: Path, daemon: StandIn, size: int) -> None:
    request = b'{"q":"' + b"x" * size + b'"}'
    answer = b'{"a":"' + b"y" * size + b'"}'
    with running(home) as shim:
        link = daemon.serve()
        threading.Thread(target=shim.say, args=(request + b"\n",), daemon=True).start()
        assert link.line() == request
        link.send_aside(b"=1 " + answer + b"\n")
        assert shim.line() == answer


def test_a_line_too_long_to_keep_is_abridged_and_the_session_goes_on(
    home: Path, daemon: StandIn
) -> None:
    piece = b"x" * MEGABYTE
    with running(home) as shim:
        link = daemon.serve()

        def talk() -> None:
            shim.say(b'{"id":1,"x":"')
            for _ in range(70):
                shim.say(piece)
            shim.say(b'"}\n{"id":2}\n')

        threading.Thread(target=talk, daemon=True).start()
        monster = link.line()
        assert 4 * MEGABYTE < len(monster) < 5 * MEGABYTE
        assert monster.startswith(b'{"id":1,"x":"xx')
        assert monster.endswith(b'xx"}')
        assert link.line() == b'{"id":2}'
        shim.end()
        assert link.at_end()
        link.close()
        assert "too long" in shim.errors()


def test_a_client_that_does_not_read_bounds_what_the_relay_holds(
    home: Path, daemon: StandIn
) -> None:
    answer = b'{"a":"' + b"y" * (MEGABYTE - 10) + b'"}\n'
    total = 60
    with running(home) as shim:
        link = daemon.serve()
        sender = link.send_aside(answer, total)
        wait_until(lambda: sleeps_soundly(shim), "the relay has taken what it will take")
        assert sender.is_alive()  # the daemon is held back, not the memory filled
        assert shim.memory_high_bytes() < 40 * MEGABYTE
        for _ in range(total):
            assert shim.line() == answer[:-1]


def test_client_and_daemon_writing_at_once_without_reading_do_not_deadlock(
    home: Path, daemon: StandIn
) -> None:
    line = b'{"x":"' + b"z" * (MEGABYTE - 10) + b'"}\n'
    count = 20
    with running(home) as shim:
        link = daemon.serve()
        link.send_aside(line, count)
        for _ in range(count):
            shim.say(line)  # blocks for good unless the relay keeps reading
        for _ in range(count):
            assert shim.line() == line[:-1]
        for _ in range(count):
            assert link.line() == line[:-1]


def test_a_thousand_pipelined_lines_keep_their_order(home: Path, daemon: StandIn) -> None:
    count = 1000
    with running(home) as shim:
        link = daemon.serve()
        shim.say(b"".join(b'{"id":%d}\n' % number for number in range(1, count + 1)))
        for number in range(1, count + 1):
            assert link.line() == b'{"id":%d}' % number
            link.send(b'=%d {"r":%d}\n' % (number, number))
        for number in range(1, count + 1):
            assert shim.line() == b'{"r":%d}' % number


def test_a_refusal_goes_to_stderr_and_ends_the_session(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        link = daemon.accept()
        link.line()
        link.send(b"!This djobs-mcp is too old; update it.\n")
        assert shim.rest() == b""
        assert shim.status() == 76
        assert shim.errors() == "djobs-mcp: This djobs-mcp is too old; update it.\n"


def held_lines(link: Connection) -> list[int]:
    """Return the numbers of the lines a hello announces."""
    return [number for number, _ in link.hello["seqs"]]


def test_a_daemon_that_dies_before_its_welcome_is_tried_again(home: Path, daemon: StandIn) -> None:
    with running(home) as shim:
        shim.say(b'{"id":1}\n')
        for _ in range(3):
            link = daemon.accept()
            link.line()
            link.close()
        link = daemon.serve()
        assert held_lines(link) == [1]
        link.line()
        link.send(b"=1 {}\n")
        assert shim.line() == b"{}"
