"""From a request to one line of JSON and an exit status."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from djobs_checks.files import Found, exists, has_digest
from djobs_checks.schema import fits
from djobs_checks.tree import tree_hash
from djobs_files.tree import Tree
from djobs_protocol.errors import DjobsError

EXIT_PASSED: Final = 0
EXIT_FAILED: Final = 1
EXIT_NOT_LOOKED_AT: Final = 2


def run(request_path: str) -> int:
    """Do what a request file says; print what was found, return the exit status."""
    with open(request_path, "rb") as file:
        request = json.loads(file.read())
    try:
        with Tree(request["workspace"]) as tree:
            found = KINDS[request["kind"]](tree, request)
    except (DjobsError, OSError) as error:
        found = Found(passed=False, text=str(error))
        print(found.line())  # noqa: T201 - the daemon reads it from the log
        return EXIT_NOT_LOOKED_AT
    print(found.line())  # noqa: T201 - the daemon reads it from the log
    return EXIT_PASSED if found.passed else EXIT_FAILED


KINDS: Final[Mapping[str, Callable[[Tree, Mapping[str, Any]], Found]]] = {
    "file_exists": lambda tree, request: exists(tree, request["path"]),
    "sha256": lambda tree, request: has_digest(tree, request["path"], request["sha256"]),
    "json_schema": lambda tree, request: fits(tree, request["path"], request["schema"]),
    "tree": lambda tree, _: tree_hash(tree),
}
