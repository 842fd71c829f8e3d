"""The ways to somebody: each sends a message, in bounded time, or says why not."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import anyio

from djobs_daemon.notifying.message import Message, encoded, headline
from djobs_protocol.version import VERSION

SEND_SECONDS: Final = 10.0
"""What takes longer is ended, and has failed."""
DESKTOP_CHARS: Final = 250


class Undelivered(Exception):
    """A message did not arrive; the text says why, and has no secret in it."""

    def __init__(self, why: str, *, may_help: bool = True) -> None:
        super().__init__(why)
        self.may_help = may_help
        """Sending it again may."""


class Channel(Protocol):
    """A way to somebody."""

    @property
    def name(self) -> str:
        """What the record of notices calls it."""

    async def send(self, message: Message) -> None:
        """Return when it arrived; raise ``Undelivered``. Ends at once when cancelled."""


class Command:
    """Runs a program, which reads the message from its standard input."""

    name = "command"

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self._argv = tuple(argv)
        self._environ = dict(environ)

    async def send(self, message: Message) -> None:
        """Run it to its end."""
        await run(self._argv, self._environ, encoded(message))


class Desktop:
    """Shows the message on the screen of whoever is logged in."""

    name = "desktop"

    def __init__(self, environ: Mapping[str, str], platform: str = sys.platform) -> None:
        self._environ = with_session_bus(environ, os.geteuid(), os.path.exists)
        self._argv = _by_osascript if platform == "darwin" else _by_notify_send

    async def send(self, message: Message) -> None:
        """Hand it to the desktop."""
        title, text = headline(message.notifications)
        await run(self._argv(title, text[:DESKTOP_CHARS]), self._environ, b"")


def _by_notify_send(title: str, text: str) -> tuple[str, ...]:
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ("notify-send", "--app-name=djobs", "--", title, shown)


def _by_osascript(title: str, text: str) -> tuple[str, ...]:
    script = (
        "on run argv",
        "display notification (item 2 of argv) with title (item 1 of argv)",
        "end run",
    )
    lines = [word for line in script for word in ("-e", line)]
    return ("osascript", *lines, title, text)


def with_session_bus(
    environ: Mapping[str, str], uid: int, exists: Callable[[str], bool]
) -> dict[str, str]:
    """Return variables by which a daemon, which keeps few, finds the user's session."""
    folder = f"/run/user/{uid}"
    found = dict(environ)
    if exists(f"{folder}/bus"):
        found.setdefault("XDG_RUNTIME_DIR", folder)
        found.setdefault("DBUS_SESSION_BUS_ADDRESS", f"unix:path={folder}/bus")
    return found


async def run(argv: Sequence[str], environ: Mapping[str, str], stdin: bytes) -> None:
    """Run a program to its end and let go of what it prints; its processes end with it."""
    try:
        process = await anyio.open_process(
            [*argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environ, "DJOBS_VERSION": VERSION},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise Undelivered(f"{argv[0]} cannot be run: {error.strerror}.", may_help=False) from None
    try:
        with anyio.move_on_after(SEND_SECONDS):
            await _feed(process, stdin)
            await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        with anyio.CancelScope(shield=True):
            await process.aclose()
    if process.returncode == -signal.SIGKILL:
        raise Undelivered(f"{argv[0]} did not end within {SEND_SECONDS:g} s.")
    if process.returncode:
        raise Undelivered(f"{argv[0]} exited with status {process.returncode}.")


async def _feed(process: "anyio.abc.Process", data: bytes) -> None:
    """Write all of it; a program that reads only a part is not wrong."""
    assert process.stdin is not None
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        await process.stdin.send(data)
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        await process.stdin.aclose()
