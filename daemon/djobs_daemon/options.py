"""``djobsd``'s command line. By hand, because ``argparse`` costs 15 ms of every cold start."""

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from djobs_daemon.heritage import Heritage

USAGE_STATUS = 2

HELP = """\
usage: djobsd [--foreground] [--home DIR]

Owns one user's jobs and serves them on a local socket. Clients start it when they need it;
`djobsctl start`, `stop` and `status` do the same by hand.

  --foreground    stay in the terminal and log to standard error (the default)
  --home DIR      the folder that holds everything (default: $DJOBS_HOME, else a fixed place)
  --owner WHO     who owns its life: foreground (default), client, or the service manager:
                  service (systemd), launchd, task (Windows)
  --detach        leave the starter's process tree; for clients
  --ready-fd N    report progress, ready or failed on this descriptor; for clients
  --inherit N,... go on from the daemon that this process was; for that daemon
  --check         say which version this is and whether it could serve; start nothing
  --version       print the version
  --help          print this
"""


class Options(NamedTuple):
    """What the command line says."""

    detach: bool = False
    ready_fd: int | None = None
    owner: str = "foreground"
    home: str | None = None
    inherited: "Heritage | None" = None
    check: bool = False


def parse_options(arguments: Sequence[str]) -> Options:
    """Return the options; print and exit for ``--help``, ``--version`` and mistakes."""
    options = Options()
    words = iter(arguments)
    for word in words:
        name, _, attached = word.partition("=")
        if name in ("--ready-fd", "--owner", "--home", "--inherit"):
            options = _set_value(options, name, attached or next(words, ""))
        elif word == "--detach":
            options = options._replace(detach=True)
        elif word == "--check":
            options = options._replace(check=True)
        elif word == "--foreground":
            options = options._replace(detach=False)
        elif word in ("--help", "-h"):
            _print_and_exit(HELP)
        elif word == "--version":
            from djobs_protocol.version import VERSION

            _print_and_exit(f"djobsd {VERSION}\n")
        else:
            _refuse(f"unknown option {word!r}")
    return options


def _set_value(options: Options, name: str, value: str) -> Options:
    if not value:
        _refuse(f"{name} needs a value")
    if name == "--owner":
        return options._replace(owner=value)
    if name == "--home":
        return options._replace(home=value)
    if name == "--inherit":
        return options._replace(inherited=_heritage(value))
    if not value.isdecimal() or int(value) < 3:
        _refuse(f"--ready-fd needs the number of an open descriptor, not {value!r}")
    return options._replace(ready_fd=int(value))


def _heritage(value: str) -> "Heritage":
    from djobs_daemon.heritage import parse

    heritage = parse(value)
    if heritage is None:
        _refuse(f"--inherit needs the numbers of four open descriptors, not {value!r}")
    return heritage


def _print_and_exit(text: str) -> NoReturn:
    sys.stdout.write(text)
    raise SystemExit(0)


def _refuse(mistake: str) -> NoReturn:
    os.write(2, f"djobsd: {mistake}; see djobsd --help\n".encode())
    raise SystemExit(USAGE_STATUS)
