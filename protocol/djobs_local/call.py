"""A blocking JSON-RPC client: what ``djobsctl`` talks with (R19).

One request at a time on one connection. A connection on which a request timed out is closed and
never used again: its late answer would be taken for the next one's.
"""

import time

from djobs_local import backoff, folders, start, wire
from djobs_protocol.endpoint import socket_path
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import REQUEST_SECONDS_DEFAULT
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEADLINE_SECONDS_DEFAULT = 10.0
_GRACE_SECONDS = 0.25
"""The daemon enforces the deadline too and names the reason; give its answer time to arrive."""

BUSY_PAUSE_SECONDS = 0.1
"""Until the next try when every place was taken: nobody tells when one becomes free."""

_ROUNDS_MAX = 5
"""A daemon may end between a look and a connection; not again and again."""

_HELLO_SECONDS_MIN = 1.0
"""What is left for the hello after a start that used up the deadline."""


class Connection:
    """An open conversation with the daemon. Not for two threads."""

    def __init__(self, link: wire.LineSocket, welcome: "dict[str, Any]") -> None:
        self._link: wire.LineSocket | None = link
        self._last_id = 0
        self._notices: list[dict[str, Any]] = []
        self.welcome = welcome
        """The fields of ``djobs_protocol.daemon_replies.Welcome``."""
        self.peer_pid = link.peer_pid
        """The daemon's pid by the kernel's word."""

    def call(
        self,
        method: str,
        params: "dict[str, Any] | None" = None,
        timeout_seconds: float = REQUEST_SECONDS_DEFAULT,
    ) -> "dict[str, Any]":
        """Return the result of one request.

        Raises the daemon's own ``DjobsError``; ``DEADLINE_EXCEEDED`` when no answer came in time,
        ``UNAVAILABLE`` when the daemon went away, ``PARSE_ERROR`` when what answered is no daemon
        of this protocol: in each case a write may have happened.
        """
        if self._link is None:
            raise DjobsError(ErrorCode.UNAVAILABLE, "This connection is closed; open another.")
        self._last_id += 1
        line = wire.encode_call(
            self._last_id, method, params or {}, timeout_ms=max(1, int(timeout_seconds * 1000))
        )
        deadline = time.monotonic() + timeout_seconds + _GRACE_SECONDS
        try:
            self._link.send_line(line, deadline)
            answer = self._answer_to(self._last_id, deadline)
        except OSError as error:
            self.close()
            raise _explained(error, method, timeout_seconds) from None
        except BaseException:
            self.close()  # half a conversation, also after Ctrl-C
            raise
        return wire.result_of(answer)

    def next_notice(self) -> "dict[str, Any]":
        """Return the params of the next notification, however long that takes.

        ``UNAVAILABLE`` when the daemon goes away.
        """
        notice = self._notice_by(wire.NEVER)
        assert notice is not None
        return notice

    def notice_within(self, seconds: float) -> "dict[str, Any] | None":
        """Return the next notification as ``next_notice`` does; None when none came in time."""
        return self._notice_by(time.monotonic() + seconds)

    def fileno(self) -> int:
        """Return the descriptor to wait for; ask for what was read ahead before."""
        return -1 if self._link is None else self._link.fileno()

    def _notice_by(self, deadline: float) -> "dict[str, Any] | None":
        if self._link is None:
            raise DjobsError(ErrorCode.UNAVAILABLE, "This connection is closed; open another.")
        try:
            while not self._notices:
                self._keep_notice(wire.decode_answer(self._read_line(deadline)))
        except TimeoutError:
            return None
        except OSError as error:
            self.close()
            raise DjobsError(ErrorCode.UNAVAILABLE, f"The daemon went away: {error}.") from None
        return self._notices.pop(0)

    def _keep_notice(self, message: "dict[str, Any]") -> None:
        if "method" in message and isinstance(message.get("params"), dict):
            self._notices.append(message["params"])

    def _read_line(self, deadline: float) -> bytes:
        assert self._link is not None
        line = self._link.read_line(deadline)
        if not line:
            raise ConnectionResetError("the daemon closed the connection")
        return line

    def _answer_to(self, request_id: int, deadline: float) -> "dict[str, Any]":
        """Return the answer with this id; notifications are kept, strangers' answers are not."""
        while True:
            answer = wire.decode_answer(self._read_line(deadline))
            if answer.get("id") == request_id and "method" not in answer:
                return answer
            if answer.get("id") is None and isinstance(answer.get("error"), dict):
                return answer  # it could not even read the request's id
            self._keep_notice(answer)

    def close(self) -> None:
        """Close; harmless when repeated."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _explained(error: OSError, method: str, seconds: float) -> DjobsError:
    if isinstance(error, TimeoutError):
        return DjobsError(
            ErrorCode.DEADLINE_EXCEEDED,
            f"{method} got no answer within {seconds:g} s; a write may still have happened.",
        )
    return DjobsError(ErrorCode.UNAVAILABLE, f"The daemon went away during {method}: {error}.")


def connect(
    state: str,
    *,
    deadline_seconds: float = DEADLINE_SECONDS_DEFAULT,
    spawn: bool = True,
    session: str | None = None,
    who: str = "client",
    client: str = "djobsctl",
    agent: str | None = None,
    workspace: str | None = None,
    expected_db: str | None = None,
    backoff_max_seconds: float = backoff.DELAY_SECONDS_MAX,
) -> Connection:
    """Return an open connection, starting the daemon first when there is none and ``spawn``.

    ``session``, ``agent``, ``workspace`` and ``expected_db`` are the hello's. Raises what
    ``start.ensure_running`` raises, and what the daemon answers to the hello: ``BUSY`` (it has its
    full number of connections), ``WRONG_DATABASE``, ``PROTOCOL_MISMATCH`` naming both sides'
    versions. ``DRAINING`` and ``UNRESPONSIVE`` come only after the deadline.
    """
    folders.refuse_real_home(state)
    hello = wire.hello_params(
        client, session=session, agent=agent, workspace=workspace, expected_db=expected_db
    )
    began = time.monotonic()
    deadline = began + deadline_seconds
    reason: Exception | None = None
    for _ in range(_ROUNDS_MAX):
        try:
            return _connect_patiently(state, hello, deadline)
        except OSError as error:
            reason = error
        except DjobsError as error:
            if error.code is not ErrorCode.DRAINING:
                raise
            reason = error
        start.ensure_running(
            state,
            max(0.0, deadline - time.monotonic()),
            who,
            start.Terms(
                spawn=spawn,
                backoff_max_seconds=backoff_max_seconds,
                waited_seconds=time.monotonic() - began,
            ),
        )
        deadline = max(deadline, time.monotonic() + _HELLO_SECONDS_MIN)
    raise DjobsError(ErrorCode.UNRESPONSIVE, f"The daemon comes and goes: {reason}.")


def _connect_patiently(state: str, hello: "dict[str, Any]", deadline: float) -> Connection:
    """Connect; try again for as long as the daemon says that it is busy."""
    while True:
        try:
            return _connect_once(state, hello, deadline)
        except DjobsError as error:
            if error.code is not ErrorCode.BUSY:
                raise
            if time.monotonic() + BUSY_PAUSE_SECONDS >= deadline:
                raise
        time.sleep(BUSY_PAUSE_SECONDS)


def _connect_once(state: str, hello: "dict[str, Any]", deadline: float) -> Connection:
    if not folders.verify_private_folder(state) or not folders.verify_socket_folders(state):
        raise FileNotFoundError(f"there is no {state}")
    path = socket_path(state)
    link = wire.LineSocket.connect(path, deadline)
    try:
        return Connection(link, _checked(_greet(link, hello, deadline)))
    except DjobsError as error:
        link.close()
        raise wire.stranger(path, error) from None
    except BaseException:
        link.close()
        raise


def _greet(link: wire.LineSocket, hello: "dict[str, Any]", deadline: float) -> "dict[str, Any]":
    try:
        return wire.say_hello(link, hello, deadline)
    except DjobsError as error:
        if error.code is ErrorCode.PROTOCOL_MISMATCH:
            raise _mismatch(error.data.get("build"), error.data.get("protocol_range")) from None
        raise


def _checked(welcome: "dict[str, Any]") -> "dict[str, Any]":
    protocol = welcome.get("protocol")
    if isinstance(protocol, int) and PROTOCOL_MIN <= protocol <= PROTOCOL_MAX:
        return welcome
    raise _mismatch(welcome.get("build"), welcome.get("protocol_range"))


def _mismatch(build: object, spoken: object) -> DjobsError:
    return DjobsError(
        ErrorCode.PROTOCOL_MISMATCH,
        f"This client is djobs {VERSION} and speaks protocol {PROTOCOL_MIN} to {PROTOCOL_MAX}; the "
        f"daemon is djobs {build or 'of unknown version'} and speaks {spoken or 'another one'}. "
        "Run `djobsctl restart` with the newer of the two.",
        client_build=VERSION,
        daemon_build=build,
    )
