"""Process identity on macOS, from libproc and sysctl. Whatever fails is unknown, never a guess."""

import ctypes

_PROC_PIDTBSDINFO = 3
_BSDINFO_BYTES = 136  # struct proc_bsdinfo in <sys/proc_info.h>
_STATUS_OFFSET = 4
_START_SECONDS_OFFSET = 120
_START_MICROSECONDS_OFFSET = 128
_SZOMB = 5


def boot_id() -> str | None:
    """Return ``kern.bootsessionuuid``."""
    try:
        libc = ctypes.CDLL(None)
        buffer = ctypes.create_string_buffer(64)
        size = ctypes.c_size_t(len(buffer))
        failed = libc.sysctlbyname(
            b"kern.bootsessionuuid", buffer, ctypes.byref(size), None, ctypes.c_size_t(0)
        )
    except (OSError, AttributeError):
        return None
    return buffer.value.decode("ascii", "replace") or None if not failed else None


def start_token(pid: int) -> tuple[bool, int | None] | None:
    """Return (is it alive, start time in µs since the epoch); None when it cannot be told."""
    try:
        libproc = ctypes.CDLL("/usr/lib/libproc.dylib")
        buffer = ctypes.create_string_buffer(_BSDINFO_BYTES)
        got = libproc.proc_pidinfo(
            pid, _PROC_PIDTBSDINFO, ctypes.c_uint64(0), buffer, _BSDINFO_BYTES
        )
    except (OSError, AttributeError):
        return None
    if got != _BSDINFO_BYTES:
        return None
    raw = buffer.raw
    if int.from_bytes(raw[_STATUS_OFFSET : _STATUS_OFFSET + 4], "little") == _SZOMB:
        return False, None
    seconds = int.from_bytes(raw[_START_SECONDS_OFFSET : _START_SECONDS_OFFSET + 8], "little")
    micros = int.from_bytes(
        raw[_START_MICROSECONDS_OFFSET : _START_MICROSECONDS_OFFSET + 8], "little"
    )
    return True, seconds * 1_000_000 + micros
