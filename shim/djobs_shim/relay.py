"""djobs-mcp: what an editor starts to reach the daemon."""

import os
import select
import sys

from djobs_protocol import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from typing import NoReturn
else:
    import _signal  # the module around it imports ``enum``


UNLOADABLE_STATUS = 71
"""EX_OSERR of sysexits(3)."""


def note(text: str) -> None:
    """Write to stderr."""
    from djobs_shim.notes import note as write  # seldom needed

    write(text)


def guard_standard_streams() -> None:
    """Make sure that no descriptor opened later becomes one of the three."""
    while True:
        fd = os.open(os.devnull, os.O_RDWR)
        if fd > 2:
            os.close(fd)
            return


def default_signals() -> None:
    """Let a signal end the process at once, without a traceback; whatever the client had set."""
    deadly = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP)
    for number in deadly:
        _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, deadly)


def relay(arguments: list[str]) -> int:
    """Relay to the end; return the exit status."""
    if sys.platform == "win32" or not hasattr(select, "poll"):
        note("This platform is not supported yet; Linux and macOS are.")
        return 69
    default_signals()
    guard_standard_streams()
    status, text = carry(arguments)
    if text:
        note(text)
    return status


def carry(arguments: list[str]) -> tuple[int, str]:
    """Relay to the end; return the exit status and what to tell the client's log."""
    from djobs_shim.loop import Loop  # cannot be loaded elsewhere
    from djobs_shim.trouble import Leave, of_error

    try:
        Loop(endpoint.state_dir(), arguments).run()
    except Leave as leave:
        return leave.status, leave.text
    except Exception as error:  # noqa: BLE001 - the client's log gets a line, not a traceback
        reason = of_error(error)
        return reason.status, reason.text


def run(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    from djobs_shim import options

    try:
        wanted = options.wants(arguments)
    except options.UsageError as error:
        note(f"{error}. See djobs-mcp --help.")
        return 2
    if wanted == "relay":
        return relay(arguments)
    os.write(1, options.answer(wanted).encode())
    return 0


def main() -> "NoReturn":
    """Run as ``djobs-mcp``."""
    try:
        status = run(sys.argv[1:])
    except (ImportError, SyntaxError) as error:  # the package is being replaced, whole or by file
        os.write(2, f"djobs-mcp: djobs cannot be loaded: {error}.\n".encode())
        status = UNLOADABLE_STATUS
    # Not sys.exit: there is nothing to clean up, and a start under way must not be waited for.
    os._exit(status)
