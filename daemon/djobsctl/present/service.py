"""What the service commands have in common to say."""

from typing import Any

from djobsctl.present.screen import Screen

_WORDS = {"create": "Write", "replace": "Replace", "same": "As it is", "remove": "Remove"}
_STYLES = {"create": "green", "replace": "yellow", "remove": "red"}


def changes(document: dict[str, Any], screen: Screen) -> list[str]:
    """Return a line for each file; in a dry run its content and the commands, too."""
    lines = []
    for file in document["files"]:
        word = screen.paint(_WORDS[file["change"]], _STYLES.get(file["change"], "dim"))
        link = f" -> {file['link']}" if file.get("link") else ""
        lines.append(f"{word} {file['path']}{link}")
        if document["dry_run"] and file.get("content") and file["change"] != "same":
            lines += [f"    {line}".rstrip() for line in file["content"].splitlines()]
    return lines + [f"Run {' '.join(each)}" for each in document.get("commands", [])]


def daemon_line(document: dict[str, Any]) -> list[str]:
    """Say which daemon runs now."""
    daemon = document["daemon"]
    if daemon is None:
        return []
    return [f"The daemon runs (pid {daemon['pid']}, started by {daemon['owner'] or 'somebody'})."]
