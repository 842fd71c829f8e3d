"""Small JSON files that hint at what is going on. They may be garbage at any time (R47).

``endpoint.json``, ``last_start.json`` and ``stopped.json``. Whatever cannot be read is absent;
whatever is read is checked field by field.
"""

import json
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RECORD_BYTES_MAX = 64 * 1024
"""A bigger file is not ours."""

_READ_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def read_record(path: str) -> "dict[str, Any] | None":
    """Return the JSON object in a file; None when there is none, for whatever reason."""
    raw = _read_bounded(path)
    if raw is None:
        return None
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _read_bounded(path: str) -> bytes | None:
    try:
        fd = os.open(path, _READ_FLAGS)
    except (OSError, ValueError):
        return None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            return None
        raw = os.read(fd, RECORD_BYTES_MAX + 1)
    except OSError:
        return None
    finally:
        os.close(fd)
    return raw if len(raw) <= RECORD_BYTES_MAX else None


def write_record(path: str, record: "dict[str, Any]") -> None:
    """Replace the file by ``record``; mode 0600.

    A reader sees the old or the new one, whole, also after a power cut. ``OSError`` naming
    ``path`` when it cannot be written, ``ValueError`` above ``RECORD_BYTES_MAX``.
    """
    raw = json.dumps(record, ensure_ascii=True).encode() + b"\n"
    if len(raw) > RECORD_BYTES_MAX:
        raise ValueError(f"{path}: a record of {len(raw)} bytes is over {RECORD_BYTES_MAX}")
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    try:
        _write_synced(temporary, raw)
        os.replace(temporary, path)
    except OSError as error:
        _unlink_quietly(temporary)
        # A failed write names no file, a failed open only the temporary one.
        raise OSError(error.errno, error.strerror, path) from error
    except BaseException:
        _unlink_quietly(temporary)
        raise


def _write_synced(path: str, raw: bytes) -> None:
    fd = os.open(path, _WRITE_FLAGS, 0o600)
    try:
        view = memoryview(raw)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None  # which only opening names
    finally:
        os.close(fd)


def remove_record(path: str) -> None:
    """Remove the file; nothing happens when there is none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _unlink_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # the reason that counts is on its way up


def text(record: "dict[str, Any] | None", name: str, default: str = "") -> str:
    """Return a field that must be a string; ``default`` when it is anything else."""
    value = (record or {}).get(name)
    return value if isinstance(value, str) else default


def integer(record: "dict[str, Any] | None", name: str) -> int | None:
    """Return a field that must be an integer; None when it is anything else."""
    value = (record or {}).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
