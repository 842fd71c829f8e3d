"""What a job has used so far: a JSON line before every request and one after it.

So a kill loses no cost, and what was under way then is known as a request nobody measured.

Beside the answer, in ``USAGE_FILE``. Each line has the totals up to then, so the last one that can
be read is enough; the end of a file whose writer was killed may be half a line.
"""

import os
from pathlib import Path

import msgspec

from djobs_llm.contract import Usage


class UsageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a provider, and the totals with it."""

    at_ms: int
    provider: str
    model: str
    """As the provider names the model that answered, or as it was asked for."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None
    """None when the price is unknown."""
    measured: bool = True
    """False while the request is under way, or when it was cut off: what it used is not known."""
    totals: Usage


def append_line(path: Path, line: UsageLine) -> None:
    """Write a line through to the disk; ``OSError`` when that is not possible."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        view = memoryview(msgspec.json.encode(line) + b"\n")
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_totals(path: Path) -> Usage:
    """Return what was used up to the last whole line; nothing when there is no file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Usage()
    for line in reversed(content.split(b"\n")[:-1]):
        try:
            return msgspec.json.decode(line, type=UsageLine).totals
        except (msgspec.ValidationError, msgspec.DecodeError):
            continue
    return Usage()
