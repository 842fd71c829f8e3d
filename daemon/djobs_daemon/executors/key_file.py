"""The user's keys, for those jobs that need them: ``secrets.env`` in the daemon's folder.

The daemon keeps no variables of whoever started it (R24), and a key belongs in no database. So keys
are read from one file, when a job begins, and given to its command alone.
"""

import os
import re
import stat
from typing import Final

from djobs_daemon.executors.kinds import Refused
from djobs_local.plain_file import open_plain

NAME: Final = "secrets.env"
BYTES_MAX: Final = 64 * 1024
_LINE: Final = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def read_keys(home: str) -> dict[str, str]:
    """Return the variables of the file; none where there is none.

    ``Refused`` when others may read it, or a line is none.
    """
    path = os.path.join(home, NAME)
    try:
        with open(open_plain(path, os.O_RDONLY), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(BYTES_MAX)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise Refused(f"{path} may be read by others; run: chmod 600 {path}")
    return parse(content.decode("utf-8", "replace"), path)


def parse(text: str, path: str) -> dict[str, str]:
    """Return the variables of lines ``NAME=value``; blank lines and # comments are passed over."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise Refused(f"{path}, line {number}: expected NAME=value.")
        name, value = match.groups()
        found[name] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
