"""The table of contents: every generated page, and who writes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from djobs_docs import commands, errors, methods, settings

PAGES: Final[dict[str, Callable[[], str]]] = {
    "commands.md": commands.page,
    "settings.md": settings.page,
    "errors.md": errors.page,
    "protocol.md": methods.page,
}

MARK: Final = "<!-- Written by `python -m djobs_docs`; change what it describes instead. -->\n\n"
FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
MAN_PAGE: Final = Path(__file__).parents[1] / "man" / "djobsctl.1"


def written() -> dict[str, str]:
    """Return what each page has to be."""
    return {name: MARK + write().rstrip() + "\n" for name, write in PAGES.items()}
