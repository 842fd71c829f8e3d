"""The only writer of standard output: one JSON document, or text for a person (R57)."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from djobs_protocol.errors import DjobsError


def print_document(schema: str, document: "Mapping[str, Any]") -> None:
    """Write one document, wrapped in its envelope, on one line."""
    import json

    sys.stdout.write(json.dumps({"schema": schema, **document}, default=str) + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    """Write text and end it with a newline; an unencodable character becomes a question mark."""
    if not text:
        return
    line = text if text.endswith("\n") else text + "\n"
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def print_bytes(data: bytes) -> None:
    """Write bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_error(error: "DjobsError") -> None:
    """Tell a person what went wrong and what to do next."""
    from djobsctl.present.text import safe

    sys.stderr.write(f"djobsctl: {safe(error.message)}\n  {safe(error.hint)}\n")
    sys.stderr.flush()


def drop_unwritten() -> None:
    """Forget what standard output does not take, as on a full disk."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError:
        forget_standard_output()


def forget_standard_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot complain."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
