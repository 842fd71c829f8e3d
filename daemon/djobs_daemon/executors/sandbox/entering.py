"""How is known whether a sandbox was entered, before the command inside it says anything.

The exit status of ``bwrap`` or ``srt`` does not tell its own failure from the command's. So the
first thing that runs inside is a shell of one line that says so on a descriptor, closes it and
becomes the command: same pid, same arguments, untouched by any quoting. It works alike for every
provider that hands a descriptor on. One that hands on none but the first three gets it as stdin,
which jobs do not use.
"""

from collections.abc import Mapping
from typing import Final

ENTERED: Final = b"entered"
"""All that is ever written to the descriptor."""

STATUS_FD: Final = 3
STATUS_FD_IS_STDIN: Final = 0

_SHELL: Final = "/bin/sh"
_ENV: Final = "/usr/bin/env"
_SAY_ON_3: Final = f'printf {ENTERED.decode()} >&3 && exec "$@" 3>&-'
_SAY_ON_STDIN: Final = f'printf {ENTERED.decode()} >&0 && exec "$@" </dev/null'


def announced(
    argv: tuple[str, ...], status_fd: int, variables: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the command line that first says ``ENTERED`` on ``status_fd``, with more variables.

    ``ValueError`` when there is no program, or one that a shell or env(1) would not take for one.
    """
    if not argv or not argv[0] or argv[0].startswith("-") or "=" in argv[0]:
        raise ValueError("a command begins with a program; its name has no '=' and no '-' in front")
    script = _SAY_ON_STDIN if status_fd == STATUS_FD_IS_STDIN else _SAY_ON_3
    setting = (_ENV, *(f"{name}={value}" for name, value in variables.items())) if variables else ()
    return (_SHELL, "-c", script, "sh", *setting, *argv)
