"""Which build lies on the disk now, whatever runs (R16, R46).

A running program keeps the modules that it has loaded; an upgrade replaces their files.
"""

from djobs_protocol import version

VERSION_BYTES_MAX = 1 << 16


def installed_build(path: str = version.__file__) -> "str | None":
    """Return the version that the installation would start; None when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return build_in(file.read(VERSION_BYTES_MAX).decode("utf-8", "replace"))
    except OSError:
        return None


def build_in(text: str) -> "str | None":
    """Return the version that the text of ``version.py`` states."""
    for line in text.splitlines():
        name, stated, value = line.partition("=")
        if stated and name.partition(":")[0].strip() == "VERSION":
            return value.strip().strip("\"'") or None
    return None


def is_older(build: str, than: str) -> bool:
    """Say whether a release is an older one; what is no row of numbers is never older."""
    first, second = _numbers(build), _numbers(than)
    return first is not None and second is not None and first < second


def _numbers(build: str) -> "list[int] | None":
    words = build.split(".")
    return [int(word) for word in words] if all(word.isdecimal() for word in words) else None
