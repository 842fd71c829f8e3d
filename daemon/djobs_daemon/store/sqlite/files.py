"""The database as files, judged without opening it as a database.

``judge`` reads the first 100 bytes by hand, so it must run before this process has a connection to
the file: closing any descriptor of it would drop SQLite's own POSIX locks.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Literal, NamedTuple

from djobs_local.plain_file import NotPlain, open_plain
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.version import SCHEMA_VERSION

APPLICATION_ID: Final = 0x646A6F62
"""``djob`` in ASCII; bytes 68 to 71 of the file (``PRAGMA application_id``)."""

_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_WAL_MAGICS: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
"""Of a WAL with checksums in either byte order (https://sqlite.org/fileformat2.html)."""
JOURNAL_BYTES_MAX: Final = 64 * 1024 * 1024


class Identity(NamedTuple):
    """Which files a path leads to: device and inode of the database and of its WAL."""

    database: tuple[int, int]
    wal: tuple[int, int]


class Watched(NamedTuple):
    """The files as they were opened, and the sizes below which they never fall."""

    identity: Identity
    bytes_min: int
    wal_bytes_min: int


def judge(path: str, schema: int = SCHEMA_VERSION) -> Literal["new", "existing"]:
    """Say whether a database stands at ``path`` or may be created there.

    Raises ``DjobsError`` naming the path for anything else: a damaged, foreign or newer file, a
    folder, something unreadable. Touches nothing (R7).
    """
    header = guarded(path, lambda: _header(path))
    if not header:
        _refuse_orphaned_wal(path)
        return "new"
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise DjobsError(
            ErrorCode.DB_CORRUPT, f"{path} is not an SQLite database, or its start is damaged."
        )
    application, version = _number(header, 68), _number(header, 60)
    if application != APPLICATION_ID:
        raise DjobsError(
            ErrorCode.DB_FOREIGN, f"{path} belongs to another program (id {application:#x})."
        )
    refuse_newer(path, version, schema)
    _refuse_truncated(path, header)
    return "existing"


def refuse_newer(path: str, version: int, schema: int) -> None:
    """Raise ``DB_NEWER`` if the file's schema is newer than this build's."""
    if version > schema:
        raise DjobsError(
            ErrorCode.DB_NEWER,
            f"{path} has schema {version}; this djobs knows up to {schema}.",
            schema=version,
            schema_max=schema,
        )


def guarded(path: str, act: Callable[[], bytes]) -> bytes:
    """Run ``act``; turn the operating system's refusal into an error that names the path."""
    try:
        return act()
    except FileNotFoundError:
        return b""
    except IsADirectoryError:
        raise DjobsError(ErrorCode.DB_FOREIGN, f"{path} is a folder.") from None
    except NotPlain as error:
        raise DjobsError(ErrorCode.DB_FOREIGN, f"{path} is {error.strerror}.") from None
    except PermissionError as error:
        raise DjobsError(ErrorCode.PERMISSION, f"{path}: {error.strerror}.") from None
    except OSError as error:
        raise DjobsError(ErrorCode.STORAGE_FAILED, f"{path}: {error.strerror}.") from None


def require_writable(path: str) -> None:
    """Raise ``PERMISSION`` unless the database and its folder can be written."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise DjobsError(ErrorCode.STORAGE_FAILED, f"The folder {folder} does not exist.")
    for each, what in ((folder, "its folder"), (path, "the file")):
        if os.path.exists(each) and not os.access(each, os.W_OK, effective_ids=_EFFECTIVE):
            raise DjobsError(ErrorCode.PERMISSION, f"{path}: {what} cannot be written.")


_EFFECTIVE: Final = os.access in os.supports_effective_ids


def watch(path: str) -> Watched | None:
    """Return what ``is_same`` compares with; None if the files are already gone."""
    try:
        database, wal = os.stat(path), os.stat(path + "-wal")
    except OSError:
        return None
    identity = Identity((database.st_dev, database.st_ino), (wal.st_dev, wal.st_ino))
    # SQLite itself cuts a larger WAL down to this when it begins it anew.
    return Watched(identity, database.st_size, min(wal.st_size, JOURNAL_BYTES_MAX))


def is_same(path: str, watched: Watched) -> bool:
    """Say whether the path still leads to the files that were opened, and none was cut (R6)."""
    found = watch(path)
    return (
        found is not None
        and found.identity == watched.identity
        and found.bytes_min >= watched.bytes_min
        and found.wal_bytes_min >= watched.wal_bytes_min
    )


def grown(path: str, watched: Watched) -> Watched:
    """Return ``watched`` with the sizes that the files have now, after a commit of ours."""
    found = watch(path)
    if found is None or found.identity != watched.identity:
        return watched
    # A floor of 0 stays: space that was given back leaves the file at any later checkpoint.
    return found if watched.bytes_min else found._replace(bytes_min=0)


def have_headers(path: str, descriptor: int) -> bool:
    """Say whether database and WAL begin as SQLite's files do.

    ``descriptor`` is of the database, opened once for good: see the module's text.
    """
    header = os.pread(descriptor, _HEADER_BYTES, 0)
    if not header.startswith(_MAGIC) or _number(header, 68) != APPLICATION_ID:
        return False
    try:
        with open(path + "-wal", "rb") as wal:
            start = wal.read(len(_WAL_MAGICS[0]))
    except OSError:
        return False
    return not start or start in _WAL_MAGICS


def size(path: str) -> int:
    """Return a file's size in bytes, 0 if it is not there."""
    with suppress(OSError):
        return os.stat(path).st_size
    return 0


def sync(path: str) -> None:
    """Make a file's contents, or a folder's entries, survive power loss."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _header(path: str) -> bytes:
    with open(open_plain(path, os.O_RDONLY), "rb") as file:
        return file.read(_HEADER_BYTES)


def _number(header: bytes, offset: int) -> int:
    return int.from_bytes(header[offset : offset + 4], "big")


def _refuse_orphaned_wal(path: str) -> None:
    """Refuse to create a database beside a WAL: SQLite would throw away what the WAL holds."""
    if size(path + "-wal"):
        raise DjobsError(
            ErrorCode.DB_CORRUPT, f"{path} is missing or empty, but {path}-wal holds data of it."
        )


def _refuse_truncated(path: str, header: bytes) -> None:
    """Compare the size with the header's page count, unless a WAL may hold the rest."""
    page_bytes = int.from_bytes(header[16:18], "big")
    expected = _number(header, 28) * (65536 if page_bytes == 1 else page_bytes)
    found = size(path)
    if found < expected and not size(path + "-wal"):
        raise DjobsError(
            ErrorCode.DB_CORRUPT, f"{path} is cut short: {found} of {expected} bytes are left."
        )
