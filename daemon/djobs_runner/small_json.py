"""JSON without the ``json`` package, whose import costs as much as the interpreter's start.

Its two accelerators do all the work and import nothing. Where an interpreter has none, ``json``
itself is used.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Strict:
    """How the accelerator is to read: as ``json.loads`` does."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = None


def loads(text: str) -> "Any":
    """Return the value of a JSON text; ``ValueError`` when it is none."""
    try:
        from _json import make_scanner
    except ImportError:
        import json

        return json.loads(text)
    try:
        value, end = make_scanner(_Strict)(text, 0)  # type: ignore[arg-type]
    except StopIteration:
        raise ValueError("not JSON") from None
    if text[end:].strip():
        raise ValueError("not one JSON value")
    return value


def dumps(value: object) -> str:
    """Return the JSON text, all ASCII, of None, bool, int, str, list and dict with such members."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{_quoted(name)}:{dumps(each)}" for name, each in value.items()) + "}"
        )
    raise TypeError(type(value).__name__)


def _quoted(text: str) -> str:
    try:
        from _json import encode_basestring_ascii as quote
    except ImportError:
        from json.encoder import encode_basestring_ascii as quote
    return quote(text)
