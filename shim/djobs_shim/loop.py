"""The loop: one thread, one ``poll``, no call that blocks.

Everything here is about descriptors; what the bytes mean is in ``state``, when to give up in
``patience``, how to get a connection in ``uplink``.
"""

import os
import select
import time

from djobs_shim import trouble
from djobs_shim.hello import identity
from djobs_shim.interest import BROKEN, READ, WRITE, Interest
from djobs_shim.parent import PARENT_POLL_SECONDS, ParentWatch
from djobs_shim.patience import GIVE_UP, REST, SILENCE_SECONDS, Patience, Silence
from djobs_shim.state import RelayState
from djobs_shim.trouble import Leave
from djobs_shim.uplink import Uplink

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from typing import NoReturn

CHUNK_BYTES = 64 * 1024
CLIENT_PIECE_BYTES = getattr(select, "PIPE_BUF", 512)
"""Written to stdout at once: after POLLOUT a pipe takes this much without blocking (poll(2)), so
the client's end need not be made non-blocking, which would change it for the client too."""

DRAIN_SECONDS = 2.0
"""After the end of stdin and the last line's way to the daemon, for its answers."""
DELIVER_SECONDS = 10.0
"""After the end of stdin, for the last line's way to the daemon."""

STDIN, STDOUT = 0, 1
PROTOCOL_STATUS = 76


class Loop:
    """Carries bytes between the client and whatever daemon there is."""

    def __init__(self, state_folder: str, arguments: list[str]) -> None:
        now = time.monotonic()
        self._state_folder = state_folder
        self._interest = Interest()
        self._parent = ParentWatch()
        self._state = RelayState(identity(os.urandom(16).hex(), arguments))
        self._uplink = Uplink(state_folder, now)
        self._patience = Patience(now)
        self._silence = Silence()
        self._ended_at: float | None = None
        self._drain_until: float | None = None
        self._daemon_hung = False
        self._abridged_lines = 0

    def run(self) -> "NoReturn":
        """Relay until ``Leave``."""
        while True:
            now = time.monotonic()
            self._tend_connection(now)
            self._tend_silence(now)
            self._tend_end(now)
            self._declare_interest()
            for fd, events in self._interest.wait(self._seconds_to_wait(now)):
                self._handle(fd, events)

    # What time brings

    def _tend_connection(self, now: float) -> None:
        uplink, state = self._uplink, self._state
        if self._drain_until is not None and uplink.socket is None:
            return  # the daemon's end is what was waited for
        if uplink.next_attempt is not None and now >= uplink.next_attempt and uplink.try_now(now):
            state.attach()
            self._send()
        verdict = self._patience.verdict(
            now,
            unanswered=state.unanswered,
            starting=uplink.starter is not None,
            trouble=uplink.trouble,
        )
        if verdict == GIVE_UP:
            self._give_up(now)
        elif verdict == REST and not self._resting:
            self._drop_connection(now)
            uplink.rest()
        elif verdict != REST and self._resting:
            uplink.wake(now)
            self._patience.lost(now)

    @property
    def _resting(self) -> bool:
        return self._uplink.socket is None and self._uplink.next_attempt is None

    def _give_up(self, now: float) -> "NoReturn":
        reason = self._uplink.trouble
        if reason is None or reason.code == trouble.UNRESPONSIVE:
            reason = self._mute(self._patience.waited_seconds(now))
        raise Leave(
            reason.status if self._patience.first else trouble.TEMPORARY_STATUS, reason.text
        )

    def _mute(self, seconds: float) -> trouble.Trouble:
        try:
            from djobs_shim.mute import silence  # costs more than a whole good start

            return silence(self._state_folder, seconds)
        except Exception as error:  # noqa: BLE001 - the client's log gets a line, not a traceback
            return trouble.of_error(error)

    def _tend_silence(self, now: float) -> None:
        state = self._state
        asked = state.welcomed and state.unanswered
        if self._silence.is_news(now, asked=asked, acknowledged=state.acknowledged):
            _note(
                f"The daemon (pid {self._uplink.peer_pid}) has left a request unanswered for "
                f"{SILENCE_SECONDS:.0f} s; waiting on. See `djobsctl status`."
            )

    def _tend_end(self, now: float) -> None:
        """After the end of stdin: see the last lines off, wait a moment for answers, leave."""
        if self._ended_at is None:
            return
        if self._drain_until is not None:
            closed = self._uplink.socket is None and not self._state.to_client.size
            if closed or now >= self._drain_until:
                raise Leave(0)
        elif not self._state.welcomed and not self._state.unanswered:
            raise Leave(0)
        elif self._state.welcomed and not self._state.to_daemon.size:
            self._half_close()
            self._drain_until = now + DRAIN_SECONDS
        elif now >= self._ended_at + DELIVER_SECONDS:
            raise Leave(
                trouble.TEMPORARY_STATUS, "The daemon did not take the client's last lines."
            )

    def _half_close(self) -> None:
        if self._uplink.socket is not None:
            try:
                self._uplink.socket.shutdown(1)  # SHUT_WR
            except OSError:
                pass  # the daemon was faster

    def _seconds_to_wait(self, now: float) -> float | None:
        if self._drain_until is not None:
            return self._drain_until - now
        moments = [self._uplink.next_attempt, self._silence.deadline]
        if not self._resting:
            moments.append(self._patience.deadline(self._uplink.starter is not None))
        if self._ended_at is not None:
            moments.append(self._ended_at + DELIVER_SECONDS)
        if self._parent.fd is None:
            moments.append(now + PARENT_POLL_SECONDS)
        coming = [moment for moment in moments if moment is not None]
        return min(coming) - now if coming else None

    # What descriptors bring

    def _declare_interest(self) -> None:
        want, state, uplink = self._interest.want, self._state, self._uplink
        reading = self._ended_at is None and state.wants_client
        want(STDIN, READ if reading else None)
        want(STDOUT, WRITE if state.to_client.size else 0)
        if self._parent.fd is not None:
            want(self._parent.fd, READ)
        elif self._parent.gone():
            raise Leave(0)
        if uplink.starter is not None:
            want(uplink.starter.fd, READ)
        if uplink.socket is not None:
            want(uplink.socket.fileno(), self._daemon_events())

    def _daemon_events(self) -> int | None:
        reading = READ if self._state.wants_daemon else 0
        if self._daemon_hung:
            return reading or None  # or poll would report the hang-up without end
        return reading | (WRITE if self._state.to_daemon.size else 0)

    def _handle(self, fd: int, events: int) -> None:
        if fd == STDIN:
            self._read_client()
        elif fd == STDOUT:
            self._serve_client(events)
        elif fd == self._parent.fd:
            self._parent_event(fd, events)
        elif self._uplink.starter is not None and fd == self._uplink.starter.fd:
            self._start_is_over(fd)
        elif self._uplink.socket is not None:
            self._serve_daemon(self._uplink.socket, events)

    def _read_client(self) -> None:
        try:
            chunk = os.read(STDIN, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._ended_at = time.monotonic()
            return
        self._state.from_client(chunk)
        if self._state.abridged_lines > self._abridged_lines:
            self._abridged_lines = self._state.abridged_lines
            _note("A message of the client's is too long to keep; the daemon will refuse it.")
        self._send()

    def _serve_client(self, events: int) -> None:
        if events & BROKEN:
            raise Leave(0)
        box = self._state.to_client
        if not box.size:
            return
        try:
            box.took(os.write(STDOUT, box.piece(CLIENT_PIECE_BYTES)))
        except BlockingIOError:
            pass  # the client made it non-blocking
        except OSError:
            raise Leave(0) from None

    def _parent_event(self, fd: int, events: int) -> None:
        if events & READ:
            raise Leave(0)
        self._interest.want(fd, None)
        self._parent.fd = None  # this system cannot poll it; ask now and then

    def _start_is_over(self, fd: int) -> None:
        self._interest.want(fd, None)
        now = time.monotonic()
        if self._uplink.start_is_over(now):
            self._patience.daemon_started(now)

    def _serve_daemon(self, sock: "_socket.socket", events: int) -> None:
        if events & BROKEN:
            self._daemon_hung = True
        if events & (READ | BROKEN) and self._state.wants_daemon:
            self._read_daemon(sock)
        if events & WRITE:
            self._send()

    def _read_daemon(self, sock: "_socket.socket") -> None:
        try:
            chunk = sock.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        now = time.monotonic()
        if chunk:
            self._take(chunk, now)
        else:
            self._drop_connection(now)

    def _take(self, chunk: bytes, now: float) -> None:
        state = self._state
        before, acknowledged = state.welcomed, state.acknowledged
        state.from_daemon(chunk)
        if state.refusal is not None:
            raise Leave(PROTOCOL_STATUS, state.refusal.decode("utf-8", "replace"))
        if state.daemon_line_too_long:
            raise Leave(PROTOCOL_STATUS, "The daemon sent a line without end.")
        if state.welcomed and not before:
            self._uplink.welcomed(now)
            self._patience.welcomed(now)
        if state.acknowledged > acknowledged:
            self._patience.acknowledged()

    def _drop_connection(self, now: float) -> None:
        if self._uplink.socket is None:
            return
        self._interest.want(self._uplink.socket.fileno(), None)
        if self._state.welcomed:
            self._patience.lost(now)
        self._state.detach()
        self._daemon_hung = False
        self._uplink.lose(now)

    def _send(self) -> None:
        sock, box = self._uplink.socket, self._state.to_daemon
        if sock is None or self._daemon_hung:
            return
        try:
            while box.size:
                box.took(sock.send(box.piece(CHUNK_BYTES)))
        except BlockingIOError:
            pass
        except OSError:
            self._daemon_hung = True  # what it said before it died is still to be read


def _note(text: str) -> None:
    from djobs_shim.notes import note  # seldom needed

    note(text)
