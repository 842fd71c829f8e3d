"""Whether a file's JSON is what a schema asks. Nothing a schema refers to is fetched."""

import json
from hashlib import sha256
from typing import Any, Final

from jsonschema.exceptions import SchemaError, best_match
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from djobs_checks.files import Found, file_at, missing
from djobs_files.tree import Tree

Schema = dict[str, Any] | bool
DOCUMENT_BYTES_MAX: Final = 32 * 1024 * 1024
MESSAGE_CHARS_MAX: Final = 400
"""A complaint may quote the whole document."""


def fits(tree: Tree, path: str, schema: Schema) -> Found:
    """Pass for a file that is JSON and as the schema says."""
    with file_at(tree, path) as file:
        if file is None:
            return missing(path)
        content = file.read(DOCUMENT_BYTES_MAX + 1)
    if len(content) > DOCUMENT_BYTES_MAX:
        return Found(False, f"{path} is over {DOCUMENT_BYTES_MAX} bytes.")
    complaint = _complaint(content, schema)
    text = f"{path} {complaint}" if complaint else f"{path} is as its schema says."
    return Found(not complaint, text, {path: sha256(content).hexdigest()})


def _complaint(content: bytes, schema: Schema) -> str:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        return f"is no JSON: {error}"
    chosen = validator_for(schema)
    try:
        chosen.check_schema(schema)  # type: ignore[arg-type]  # the stubs know no boolean schema
        worst = best_match(chosen(schema, registry=Registry()).iter_errors(document))
    except SchemaError as error:
        return f"cannot be checked, its schema is none: {_clipped(error.message)}"
    except (Unresolvable, RecursionError) as error:
        return f"cannot be checked, its schema refers to what is not in it: {error!r}"
    return "" if worst is None else f"does not fit at {worst.json_path}: {_clipped(worst.message)}"


def _clipped(message: str) -> str:
    return message if len(message) <= MESSAGE_CHARS_MAX else f"{message[:MESSAGE_CHARS_MAX]}…"
