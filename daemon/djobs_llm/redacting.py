"""Keys that the program was given by its environment appear in nothing that it writes."""

import re
from collections.abc import Mapping
from typing import Any, Final

from djobs_llm.contract import Provider

MARK: Final = "[redacted]"
CHARS_MIN: Final = 8
"""A shorter value would stand in ordinary words, and is no key."""
_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")
_NOT_ITSELF: Final = re.compile(r"(_FILE|_URI|_URL|_PATH)$")
"""A variable that says where a key is."""


class Secrets:
    """The values that must not be written."""

    def __init__(self, providers: Mapping[str, Provider], environ: Mapping[str, str]) -> None:
        names = {each.key_env for each in providers.values() if each.key_env}
        names |= {name for name in environ if _NAME.search(name) and not _NOT_ITSELF.search(name)}
        values = {environ.get(name, "") for name in names}
        self._values = sorted((each for each in values if len(each) >= CHARS_MIN), key=len)
        self._values.reverse()  # one may be the beginning of another

    def without(self, text: str) -> str:
        """Return a text with each of them replaced."""
        for value in self._values:
            text = text.replace(value, MARK)
        return text

    def out_of(self, value: Any) -> Any:
        """Return a JSON value with each of them replaced in its strings."""
        match value:
            case str():
                return self.without(value)
            case dict():
                return {key: self.out_of(each) for key, each in value.items()}
            case list() | tuple():
                return [self.out_of(each) for each in value]
            case _:
                return value
