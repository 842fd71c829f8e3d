"""The report of ``djobsctl doctor``."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from djobsctl.present.screen import Screen
from djobsctl.present.text import plural, safe
from djobsctl.present.wrap import wrap

STYLES: Final = {"ok": "green", "note": "cyan", "warning": "yellow", "problem": "red"}
_LEVEL_COLUMNS: Final = max(map(len, STYLES))


def report(document: Mapping[str, Any], screen: Screen) -> str:
    """Return every area, what was mended, and the sum."""
    width = max(len(check["title"]) for check in document["checks"])
    lines = [
        line
        for check in document["checks"]
        for finding in check["findings"]
        for line in _finding(check["title"], finding, width, screen)
    ]
    return "\n".join([*lines, *_repaired(document["repaired"]), "", _sum(document)])


def _finding(title: str, finding: Mapping[str, Any], width: int, screen: Screen) -> Iterator[str]:
    level = finding["level"]
    mark = screen.paint(level.rjust(_LEVEL_COLUMNS), STYLES[level])
    indent = _LEVEL_COLUMNS + width + 4
    room = None if screen.width is None else max(20, screen.width - indent)
    first, *rest = wrap(safe(finding["says"]), room)
    yield f"{mark}  {screen.paint(title.ljust(width), 'bold')}  {first}"
    if "code" in finding:
        rest += wrap(f"{finding['why']} ({finding['code']})", room)
        rest += _fix(finding["fix"], screen)
    for line in rest:
        yield " " * indent + line


def _fix(fix: Mapping[str, Any], screen: Screen) -> Iterator[str]:
    """Yield what to do: commands on lines of their own, whole, to be copied."""
    if fix["steps"]:
        yield f"Fix: {safe(fix['steps'])}"
    for command in fix["commands"]:
        yield f"$ {screen.paint(safe(command), 'bold')}"
    if fix["safe"]:
        yield "or: djobsctl doctor --fix"


def _repaired(repaired: list[Mapping[str, Any]]) -> Iterator[str]:
    done = {"private": "Took the rights of others away from", "remove": "Removed"}
    for each in repaired:
        path = safe(each["path"])
        if each["failed"]:
            yield f"Not mended: {path}: {safe(each['failed'])}."
        else:
            yield f"{done[each['kind']]} {path}."


def _sum(document: Mapping[str, Any]) -> str:
    levels = [each["level"] for check in document["checks"] for each in check["findings"]]
    counts = [
        plural(levels.count(level), level)
        for level in ("problem", "warning", "note")
        if level in levels
    ]
    verdict = "All is well" if document["well"] else "Not all is well"
    return f"{verdict}{': ' if counts else ''}{', '.join(counts)}."
