"""Telling a file's name from a secret, where the name of a member says that it is one."""

import re
from typing import Final

PATH_CHARS_MAX: Final = 1000
_SUFFIX: Final = (
    r"\.(?:c|cc|cfg|cpp|cs|css|env|go|h|hpp|html?|ini|java|js|json|jsx|kt|lock|md|php|py|pyi|rb|rs|sh"
    r"|sql|swift|tf|toml|ts|tsx|txt|vue|xml|ya?ml)"
)
_FILE: Final = re.compile(rf"(?:[~.]{{0,2}}/)?(?:[\w.\-]+/)*[\w.\-]*{_SUFFIX}(?::\d+)?", re.ASCII)


def is_file_name(text: str) -> bool:
    """Say whether a text is surely the path of a source or configuration file.

    Only a known suffix tells: a key in base 64 has slashes and dots of its own.
    """
    return len(text) <= PATH_CHARS_MAX and _FILE.fullmatch(text) is not None
