"""The relay's memory, fed by a client, killed with its daemon, drained in any portions."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from djobs_protocol.limits import FRAME_BYTES_MAX
from djobs_shim.outbox import Outbox
from djobs_shim.state import LINE_OVERHEAD_BYTES, TO_CLIENT_BYTES_MAX, RelayState

PORTION = st.integers(min_value=1, max_value=40)
WHO = '"link":1,"session":"00"'


def drain(box: Outbox, at_most: int = 1 << 30) -> bytes:
    """Take up to ``at_most`` bytes, in whatever pieces the box hands out."""
    taken = []
    while box.size and at_most > 0:
        piece = bytes(box.piece(at_most))
        box.took(len(piece))
        at_most -= len(piece)
        taken.append(piece)
    return b"".join(taken)


class ModelDaemon:
    """Numbers the lines of one connection as the link's rules say, and remembers the answered."""

    def __init__(self) -> None:
        self.heard: dict[int, bytes] = {}
        self.answered: set[int] = set()
        self._buffer = b""
        self._expected: list[int] = []
        self._next: int | None = None

    def receive(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self._next is None:
                self._greet(json.loads(line))
            elif self._expected:
                self.heard[self._expected.pop(0)] = line
            else:
                self.heard[self._next] = line
                self._next += 1

    def _greet(self, hello: dict[str, object]) -> None:
        sequences = hello["seqs"]
        assert isinstance(sequences, list)
        assert isinstance(hello["next"], int)
        self._expected = [number for number, _ in sequences]
        self.answered = {number for number, answered in sequences if answered}
        self._next = hello["next"]

    @property
    def unanswered(self) -> list[int]:
        return [number for number in self.heard if number not in self.answered]


class Session(RuleBasedStateMachine):
    """A client, a relay and one daemon after another; any of them may stop anywhere."""

    @initialize()
    def begin(self) -> None:
        self.state = RelayState(WHO)
        self.said: list[bytes] = []
        self.to_say = b""
        self.daemon = ModelDaemon()
        self.to_relay = b""
        self.read = b""

    @rule(text=st.text("ab \t\r", max_size=6), blank_before=st.booleans())
    def client_thinks_of_a_line(self, text: str, blank_before: bool) -> None:
        line = b"%d %s" % (len(self.said) + 1, text.encode())
        self.said.append(line)
        self.to_say += (b" \r\n" if blank_before else b"") + line + b"\n"

    @precondition(lambda self: self.to_say)
    @rule(count=PORTION)
    def client_writes(self, count: int) -> None:
        self.state.from_client(self.to_say[:count])
        self.to_say = self.to_say[count:]

    @precondition(lambda self: not self.state.attached)
    @rule()
    def connect(self) -> None:
        self.daemon = ModelDaemon()
        self.state.attach()
        self.to_relay += b'~{"instance":"x"}\n'

    @precondition(lambda self: self.state.attached)
    @rule(count=PORTION)
    def daemon_receives(self, count: int) -> None:
        self.daemon.receive(drain(self.state.to_daemon, count))
        self.check_what_was_heard()

    @precondition(lambda self: self.state.attached and self.daemon.unanswered)
    @rule(data=st.data(), sign=st.sampled_from("=+"))
    def daemon_answers(self, data: st.DataObject, sign: str) -> None:
        number = data.draw(st.sampled_from(self.daemon.unanswered))
        self.daemon.answered.add(number)
        self.to_relay += b'%s%d {"answer":%d}\n' % (sign.encode(), number, number)

    @precondition(lambda self: self.to_relay)
    @rule(count=PORTION)
    def relay_receives(self, count: int) -> None:
        self.state.from_daemon(self.to_relay[:count])
        self.to_relay = self.to_relay[count:]

    @precondition(lambda self: self.state.attached)
    @rule()
    def daemon_is_killed(self) -> None:
        self.to_relay = b""
        self.state.detach()

    @rule(count=PORTION)
    def client_reads(self, count: int) -> None:
        self.read += drain(self.state.to_client, count)

    def check_what_was_heard(self) -> None:
        for number, line in self.daemon.heard.items():
            assert line == self.said[number - 1]

    @invariant()
    def no_answer_came_twice(self) -> None:
        answers = self.answers_read()
        assert len(answers) == len(set(answers))

    def answers_read(self) -> list[int]:
        return [json.loads(line)["answer"] for line in self.read.split(b"\n")[:-1]]

    def teardown(self) -> None:
        """Let everything arrive: then every line was heard and answered once."""
        if not hasattr(self, "state"):
            return
        self.state.from_client(self.to_say)
        self.state.from_daemon(self.to_relay)
        self.state.detach()
        self.connect()
        self.state.from_daemon(b"~{}\n")
        self.daemon.receive(drain(self.state.to_daemon))
        self.check_what_was_heard()
        for number in self.daemon.unanswered:
            self.state.from_daemon(b'=%d {"answer":%d}\n' % (number, number))
        self.read += drain(self.state.to_client)
        assert sorted(self.answers_read()) == list(range(1, len(self.said) + 1))
        assert not self.state.unanswered


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.fixture
def state() -> RelayState:
    return RelayState(WHO)


def attached(**limits: int) -> RelayState:
    """Return a state that has exchanged hello and welcome."""
    state = RelayState(WHO, **limits)
    attach(state)
    return state


def attach(state: RelayState) -> bytes:
    """Exchange hello and welcome; return what the daemon was sent."""
    state.attach()
    sent = drain(state.to_daemon)
    state.from_daemon(b"~{}\n")
    return sent


def test_half_a_line_is_forwarded_in_neither_direction() -> None:
    state = attached()
    state.from_client(b'{"id":1')
    state.from_daemon(b'=1 {"id":1')
    assert (state.to_daemon.size, state.to_client.size) == (0, 0)


def test_half_a_line_of_a_dead_daemon_does_not_begin_the_next_ones_line() -> None:
    state = attached()
    state.from_daemon(b'{"half":')
    state.detach()
    attach(state)
    state.from_daemon(b'{"whole":1}\n')
    assert drain(state.to_client) == b'{"whole":1}\n'


def test_lines_are_handed_on_byte_by_byte_as_they_came() -> None:
    line = b' {"a":"\xff\x00\xc3"}\t\r\n'
    state = attached()
    state.from_client(line)
    assert drain(state.to_daemon) == line


def test_blank_lines_are_neither_sent_nor_counted() -> None:
    state = attached()
    state.from_client(b"\n \t\r\n{}\n\r\n")
    assert drain(state.to_daemon) == b"{}\n"
    assert state.retained == [(1, False)]


def test_an_acknowledged_line_is_not_replayed() -> None:
    state = attached()
    state.from_client(b"{1}\n{2}\n{3}\n")
    state.from_daemon(b"=2\n")
    state.detach()
    hello, *replayed = attach(state).split(b"\n")
    assert replayed == [b"{1}", b"{3}", b""]
    assert json.loads(hello)["seqs"] == [[1, 0], [3, 0]]
    assert json.loads(hello)["next"] == 4


def test_a_kept_answer_is_replayed_as_answered_and_waits_for_nothing() -> None:
    state = attached()
    state.from_client(b"{1}\n")
    state.from_daemon(b'+1 {"result":1}\n')
    assert drain(state.to_client) == b'{"result":1}\n'
    assert not state.unanswered
    state.detach()
    assert json.loads(attach(state).split(b"\n")[0])["seqs"] == [[1, 1]]


def test_the_hello_counts_resumes_and_returns_the_last_welcome(state: RelayState) -> None:
    hellos = []
    for _ in range(3):
        state.attach()
        hellos.append(json.loads(drain(state.to_daemon)))
        state.from_daemon(b'~{"instance":"a","build":"1"}\n')
        assert state.welcomed
        state.detach()
        assert not state.welcomed
    assert [hello["resume"] for hello in hellos] == [0, 1, 2]
    welcome = {"instance": "a", "build": "1"}
    assert [hello["last"] for hello in hellos] == [None, welcome, welcome]


@pytest.mark.parametrize("welcome", [b"~\n", b"~[1]\n", b"~{" + b"x" * 20_000 + b"}\n"])
def test_a_welcome_that_cannot_be_returned_still_welcomes(welcome: bytes) -> None:
    state = RelayState(WHO)
    state.attach()
    drain(state.to_daemon)
    state.from_daemon(welcome)
    assert state.welcomed
    state.detach()
    assert json.loads(attach(state))["last"] is None


def test_what_a_daemon_says_before_its_welcome_is_not_for_the_client() -> None:
    state = RelayState(WHO)
    state.from_client(b"{1}\n")
    state.attach()
    state.from_daemon(b'{"jsonrpc":"2.0","id":null,"error":{}}\n=1 {}\n+1 {}\n')
    assert not state.to_client.size
    assert state.retained == [(1, False)]


@pytest.mark.parametrize(
    "line",
    [b"=\n", b"=x {}\n", b"=-1 {}\n", b"=1x {}\n", b"=" + b"9" * 5000 + b" {}\n", b"= 1 {}\n"],
)
def test_a_garbled_acknowledgement_settles_and_delivers_nothing(line: bytes) -> None:
    state = attached()
    state.from_client(b"{1}\n")
    state.from_daemon(line)
    assert state.unanswered
    assert not state.to_client.size


def test_an_answer_to_a_line_that_is_not_kept_was_delivered_before() -> None:
    state = attached()
    state.from_client(b"{1}\n")
    state.from_daemon(b'=1 {"a":1}\n=1 {"a":1}\n=7 {"a":1}\n')
    assert drain(state.to_client) == b'{"a":1}\n'


@pytest.mark.parametrize("line", [b"?what\n", b"#1 {}\n", b"\x00\n", b"[{}]\n"])
def test_lines_of_a_newer_daemon_are_ignored(line: bytes) -> None:
    state = attached()
    state.from_daemon(line + b"{}\n")
    assert drain(state.to_client) == b"{}\n"


def test_a_refusal_is_kept_as_text() -> None:
    state = attached()
    state.from_daemon(b"!Update djobs.\n")
    assert state.refusal == b"Update djobs."


def test_reading_the_client_pauses_while_too_much_is_unanswered() -> None:
    state = attached(retained_bytes_max=4 * LINE_OVERHEAD_BYTES)
    wanted = []
    state.from_client(b"{1}\n{2}\n{3}\n")
    wanted.append(state.wants_client)
    state.from_client(b"{4}\n")
    wanted.append(state.wants_client)
    state.from_daemon(b"=1\n=2\n")
    wanted.append(state.wants_client)
    assert wanted == [True, False, True]


def test_a_session_with_nothing_unanswered_is_always_read() -> None:
    state = attached(retained_bytes_max=LINE_OVERHEAD_BYTES)
    state.from_client(b"{1}\n{2}\n")
    state.from_daemon(b"+1 {}\n+2 {}\n")
    assert state.wants_client


def test_many_small_lines_keep_the_hello_within_one_frame() -> None:
    state = RelayState(WHO)
    chunk = b"1\n" * 4096
    while state.wants_client:
        state.from_client(chunk)
    state.attach()
    hello = drain(state.to_daemon).split(b"\n", 1)[0]
    # Numbers grow over a session; even with six more digits each, all of them must fit.
    assert len(hello) + 6 * len(state.retained) < FRAME_BYTES_MAX


def test_reading_the_daemon_pauses_while_the_client_does_not_read() -> None:
    state = attached()
    line = b"{" + b"x" * (1 << 20) + b"}\n"
    while state.wants_daemon:
        state.from_daemon(line)
    assert state.to_client.size < TO_CLIENT_BYTES_MAX + 2 * len(line)
    drain(state.to_client, 2 * len(line))
    assert state.wants_daemon


def test_retained_bytes_return_to_zero() -> None:
    state = attached()
    state.from_client(b"{1}\n{2}\n")
    assert state.retained_bytes > 0
    state.from_daemon(b"+1 {}\n=1\n=2 {}\n")
    assert state.retained_bytes == 0
    assert state.retained == []
