"""Arguments into structs, and the complaint when they do not fit.

Errors name the argument, what came and what is expected; they are tool errors, not protocol errors
(SEP-1303). Nothing is guessed, but what can only mean one thing is taken: null and, where an
argument may be absent, the empty string are as good as absent, and 2.0 is 2.
"""

from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from djobs_protocol.errors import DjobsError, ErrorCode

S = TypeVar("S")
T = TypeVar("T", bound=msgspec.Struct)
E = TypeVar("E", bound=StrEnum)

_JSON_WORDS: Final = (
    (" | null", ""),
    ("`str`", "a string"),
    ("`int`", "an integer"),
    ("`float`", "a number"),
    ("`bool`", "a boolean"),
    ("`array`", "an array"),
    ("`object`", "an object"),
    ("`datetime`", "a time with its zone, such as 2026-11-22T14:03:00Z"),
)
_TIME_EXPECTED: Final = "expected a time with its zone, such as 2026-11-22T14:03:00Z"
_WHOLE: Final = ("priority", "max_attempts", "limit")


class Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An argument object that refuses names it does not know."""


def convert(
    fields: dict[str, Any],
    shape: type[S],
    where: str = "",
    renamed: dict[str, str] | None = None,
) -> S:
    """Validate ``fields`` as ``shape``; drop those that are None so that defaults apply."""
    names = renamed or {}
    kept = {names.get(key, key): value for key, value in fields.items() if value is not None}
    try:
        return msgspec.convert(kept, shape)
    except msgspec.ValidationError as error:
        raise wrong(where + _explain(str(error), names, shape)) from None


def read(arguments: dict[str, Any], shape: type[T]) -> T:
    """Validate what a client sent; empty strings count as absent unless they are required."""
    required = _required(shape)
    given = {name: value for name, value in arguments.items() if value != "" or name in required}
    return convert(whole_numbers(given), shape)


@cache
def _required(shape: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.name for field in msgspec.structs.fields(shape) if field.required)


def whole_numbers(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with 2.0 as 2, where an integer is meant: some clients write it so."""
    return {name: _whole(value) if name in _WHOLE else value for name, value in fields.items()}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def require_text(name: str, text: str, what: str) -> None:
    """Raise unless a text says something, in characters that a line of output can hold."""
    if not text.strip():
        raise wrong(f"{name} is blank; expected {what}.")
    if "\0" in text:
        raise wrong(f"{name} holds a NUL character; expected {what}.")


def members(kind: type[E], name: str, given: str | None, besides: str = "") -> list[E]:
    """Return the enum members that a comma-separated argument names; none for None."""
    if given is None:
        return []
    try:
        return [kind(word.strip()) for word in given.split(",")]
    except ValueError:
        raise wrong(
            f"{name} {given[:100]!r} is unknown; expected {besides}one or more of "
            f"{', '.join(kind.__members__.values())}, separated by commas."
        ) from None


def _explain(complaint: str, renamed: dict[str, str], shape: type) -> str:
    """Turn ``Expected `int`, got `str` - at `$.priority``` into ``priority: expected …``."""
    text, _, path = complaint.partition(" - at `$")
    name = path.rstrip("`").lstrip(".")
    for public, internal in renamed.items():
        name = public if name == internal else name
        text = text.replace(f"`{internal}`", f"`{public}`")
    text = text.replace("Object missing required field", "missing argument")
    if "unknown field" in text:
        text = text.replace("Object contains unknown field", "unknown argument") + _known(shape)
    text = text.replace("Invalid RFC3339 encoded datetime", _TIME_EXPECTED)
    text = text.replace("Expected `datetime` with a timezone component", _TIME_EXPECTED)
    for ours, theirs in _JSON_WORDS:
        text = text.replace(ours, theirs)
    text = text[:1].lower() + text[1:].replace("`", "")
    return f"{name}: {text}." if name else f"{text}."


def _known(shape: type) -> str:
    names = [field.name for field in msgspec.structs.fields(shape)]
    return f"; expected are {', '.join(names)}" if names else "; there are no arguments"


def wrong(text: str) -> DjobsError:
    """Return the refusal of an argument."""
    return DjobsError(ErrorCode.INVALID_PARAMS, text)


def kind_of(value: Any) -> str:
    """Return what a JSON value is, in words."""
    names = {
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
