"""Which Unix sockets of the file system somebody listens on (Linux).

They are files: neither a network of one's own nor a read-only disk keeps anybody from connecting.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_TABLE: Final = "/proc/net/unix"
_LISTENS: Final = 0x10000
"""``__SO_ACCEPTCON`` (proc(5))."""


def listening() -> list[str]:
    """Return their paths; none where the system does not tell."""
    try:
        with open(_TABLE, encoding="utf-8", errors="surrogateescape") as table:
            return sorted(set(parsed(table)))
    except OSError:
        return []


def parsed(lines: Iterable[str]) -> Iterator[str]:
    """Yield the paths out of the kernel's table. Abstract names begin with @ and are no files."""
    for line in lines:
        # Num RefCount Protocol Flags Type St Inode Path
        fields = line.rstrip("\n").split(maxsplit=7)
        if len(fields) == 8 and fields[7].startswith("/") and int(fields[3], 16) & _LISTENS:
            yield fields[7]
