"""The fields of a message: types from its schema, meanings from what stands below each of them."""

import ast
import inspect
import itertools
import textwrap
from typing import Any, NamedTuple

import msgspec


class Field(NamedTuple):
    """One field, as it is on the wire."""

    name: str
    kind: str
    required: bool
    meaning: str


def fields_of(message: type[msgspec.Struct]) -> list[Field]:
    """Return a message's fields in their order."""
    schema, definitions = _schema(message)
    meanings = meanings_of(message)
    required = schema.get("required", [])
    return [
        Field(name, kind_of(each, definitions), name in required, meanings.get(name, ""))
        for name, each in schema.get("properties", {}).items()
    ]


def meanings_of(message: type) -> dict[str, str]:
    """Return what stands below each field in the source, with those of its bases."""
    found: dict[str, str] = {}
    for base in reversed(message.__mro__):
        if base.__module__.startswith("djobs_protocol"):
            found |= _own_meanings(base)
    return found


def summary_of(message: type) -> str:
    """Return what a message is for."""
    return inspect.cleandoc(message.__doc__ or "")


def kind_of(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return a type in words, with its bounds."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = definitions.get(name, {})
        return kind_of(target, definitions) if "enum" in target else name
    if "anyOf" in schema:
        kinds = [kind_of(each, definitions) for each in schema["anyOf"]]
        return " or ".join(kind for kind in kinds if kind != "null")
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return _list(schema, definitions)
    if schema.get("type") == "string" and "format" in schema:
        return str(schema["format"])
    return str(schema.get("type", "any")) + _bounds(schema)


def _list(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    items = schema.get("items") or {}
    if schema.get("prefixItems"):
        return " and ".join(kind_of(each, definitions) for each in schema["prefixItems"])
    return f"list of {kind_of(items, definitions)}"


def _bounds(schema: dict[str, Any]) -> str:
    low = schema.get("minimum", schema.get("minLength"))
    high = schema.get("maximum", schema.get("maxLength"))
    if schema.get("type") not in ("string", "integer", "number") or (low, high) == (None, None):
        return ""
    unit = " characters" if schema["type"] == "string" else ""
    if high is None:
        return f" from {low:g}{unit}"
    return f" to {high:g}{unit}" if low is None else f" from {low:g} to {high:g}{unit}"


def _schema(message: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    (_,), definitions = msgspec.json.schema_components([message])
    return definitions[message.__name__], definitions


def _own_meanings(message: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(message)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for field, below in itertools.pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str(words))
            ):
                found[name] = inspect.cleandoc(words)
            case _:
                continue
    return found
