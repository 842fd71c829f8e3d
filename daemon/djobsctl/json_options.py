"""JSON in arguments: typed as it is, or ``@FILE``, which no JSON text begins with."""

import json
from argparse import ArgumentTypeError

from djobs_protocol.limits import FRAME_BYTES_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def payload(text: str) -> "object":
    """Return a payload given as JSON, or as ``@`` and the file that holds it."""
    try:
        value = decode(_read(text[1:]) if text.startswith("@") else text)
    except ValueError as error:
        raise ArgumentTypeError(f"it is not JSON: {error}") from None
    if value is None:
        raise ArgumentTypeError("null is no payload")
    return value


def members(text: str) -> "dict[str, Any]":
    """Return the members of a value that must be a JSON object."""
    value = payload(text)
    if not isinstance(value, dict):
        raise ArgumentTypeError("it is no JSON object")
    return value


def decode(text: str) -> "Any":
    """Return the value of a JSON text; ``ValueError`` says what is wrong with it, and where."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("objects lie too deep inside each other") from None


def _refuse(name: str) -> "NoReturn":
    raise ValueError(f"{name} is no number of JSON")


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(FRAME_BYTES_MAX + 1)
    except OSError as error:
        raise ArgumentTypeError(f"{path!r} cannot be read: {error.strerror}") from None
    if len(data) > FRAME_BYTES_MAX:
        raise ArgumentTypeError(f"{path!r} has over {FRAME_BYTES_MAX} bytes, more than one request")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ArgumentTypeError(f"{path!r} is not UTF-8") from None
