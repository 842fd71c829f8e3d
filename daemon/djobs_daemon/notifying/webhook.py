"""One POST, by hand: what can be ended at any moment, and needs no thread and no library.

HTTP/1.1 of RFC 9112: one request, ``Connection: close``, and of the answer its first line.
"""

import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import anyio

from djobs_daemon.notifying.channels import SEND_SECONDS, Undelivered
from djobs_daemon.notifying.message import Message, encoded, signature
from djobs_protocol.version import VERSION

ANSWER_BYTES_MAX: Final = 4096
LATER: Final = frozenset({408, 425, 429})
"""Statuses below 500 after which sending it again may help."""


class Webhook:
    """Sends messages to a URL. ``secret`` returns what they are signed with, or None."""

    name = "webhook"

    def __init__(self, url: str, secret: Callable[[], str | None]) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._host = parts.hostname
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._authority = parts.netloc
        self._secret = secret

    async def send(self, message: Message) -> None:
        """Return when the server said 2xx."""
        request = self._request(message)
        try:
            with anyio.fail_after(SEND_SECONDS):
                line = await self._exchange(request)
        except TimeoutError:
            raise Undelivered(f"{self._host} did not answer within {SEND_SECONDS:g} s.") from None
        except ssl.SSLCertVerificationError as error:
            why = f"The certificate of {self._host} is not valid: {error.verify_message}."
            raise Undelivered(why, may_help=False) from None
        except (OSError, anyio.BrokenResourceError, anyio.EndOfStream) as error:
            raise Undelivered(
                f"{self._host} cannot be reached: {str(error) or 'it hung up'}."
            ) from None
        status = status_of(line)
        if status is None:
            raise Undelivered(f"What {self._host} answered is no HTTP.", may_help=False)
        if not 200 <= status < 300:
            helps = status >= 500 or status in LATER
            raise Undelivered(f"{self._host} answered {status}.", may_help=helps)

    def _request(self, message: Message) -> bytes:
        body, secret = encoded(message), self._secret()
        headers = {
            "Host": self._authority,
            "User-Agent": f"djobs/{VERSION}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Djobs-Id": message.id,
        }
        if secret is not None:
            headers["X-Djobs-Signature"] = signature(secret, body)
        lines = [f"POST {self._target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body

    async def _exchange(self, request: bytes) -> bytes:
        if self._tls is None:
            stream: anyio.abc.ByteStream = await anyio.connect_tcp(self._host, self._port)
        else:
            stream = await anyio.connect_tcp(
                self._host,
                self._port,
                tls=True,
                ssl_context=self._tls,
                tls_standard_compatible=False,
            )
        async with stream:
            await stream.send(request)
            answer = b""
            while b"\n" not in answer and len(answer) < ANSWER_BYTES_MAX:
                answer += await stream.receive(ANSWER_BYTES_MAX)
        return answer.partition(b"\n")[0]


def status_of(line: bytes) -> int | None:
    """Return the status of an answer's first line; None when it is none."""
    words = line.split(None, 2)
    is_http = len(words) >= 2 and words[0].startswith(b"HTTP/1.") and words[1].isdigit()
    return int(words[1]) if is_http and len(words[1]) == 3 else None
