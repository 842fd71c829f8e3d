"""The way to the daemon: at most one connection and at most one start under way."""

import _socket

from djobs_protocol import endpoint
from djobs_shim import connecting, trouble
from djobs_shim.backoff import START_RETRY_SECONDS, Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from djobs_shim.starting import Starter


class Uplink:
    """Connects, and starts the daemon when nobody listens.

    Whether to go on trying is decided elsewhere; times are of one monotonic clock.
    """

    def __init__(self, state_folder: str, now: float) -> None:
        self.socket: _socket.socket | None = None
        self.peer_pid = 0
        """Of the latest daemon, by the kernel's word; 0 where it does not tell."""
        self.starter: Starter | None = None
        self.trouble: trouble.Trouble | None = None
        """Why the latest attempt led to nothing."""
        self.next_attempt: float | None = now
        """When to try again; None while connected or resting."""
        self._state_folder = state_folder
        self._backoff = Backoff()
        self._no_start_before = now

    def try_now(self, now: float) -> bool:
        """Make one attempt; return whether there is a connection now."""
        try:
            self.socket = self._dial_or_start(now)
        except OSError as error:
            path = endpoint.socket_path(self._state_folder)
            self.trouble = trouble.of_connect(error, path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be gone the next time
            self.trouble = trouble.of_error(error)
        if self.socket is None:
            self.next_attempt = now + self._backoff.next_pause(now)
            return False
        self.trouble = self.next_attempt = None
        return True

    def welcomed(self, now: float) -> None:
        """Note that the daemon has answered the hello."""
        self.trouble = None
        self._backoff.welcomed(now)

    def lose(self, now: float) -> None:
        """Close the connection, and try again soon."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self.next_attempt = now + self._backoff.next_pause(now)

    def rest(self) -> None:
        """Try nothing more until ``wake``."""
        self.next_attempt = None

    def wake(self, now: float) -> None:
        """Try again at once, and be allowed to start the daemon at once."""
        self.next_attempt = self._no_start_before = now

    def start_is_over(self, now: float) -> bool:
        """Take the result of a start; return whether a daemon should be there."""
        starter, self.starter = self.starter, None
        if starter is None:
            return False
        reason = starter.collect()
        if self.socket is None:
            self.trouble = reason  # no trouble any more to who is connected by now
        if reason is not None:
            self._no_start_before = now + START_RETRY_SECONDS
        elif self.next_attempt is not None:
            self.next_attempt = now
        return reason is None

    def _dial_or_start(self, now: float) -> _socket.socket | None:
        try:
            sock, self.peer_pid = connecting.dial(self._state_folder)
            return sock
        except (FileNotFoundError, ConnectionRefusedError):
            if self.starter is None and now >= self._no_start_before:
                from djobs_shim.starting import Starter  # only when a daemon is missing

                self.starter = Starter(self._state_folder)
            return None
