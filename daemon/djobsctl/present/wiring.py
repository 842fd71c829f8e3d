"""What ``init``, ``install-mcp``, ``repair`` and ``remove`` show."""

from collections.abc import Iterable
from typing import Any, Final

from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, table
from djobsctl.present.text import plural, safe
from djobsctl.wiring.describing import titles

VERDICTS: Final = {
    "add": Cell("add djobs", "green"),
    "change": Cell("bring up to date", "yellow"),
    "wired": Cell("wired already", "dim"),
    "refused": Cell("left alone", "red"),
    "restore": Cell("put back as it was", "green"),
    "edit": Cell("take djobs out", "yellow"),
    "delete": Cell("delete, djobs made it", "yellow"),
    "gone": Cell("nothing of djobs left", "dim"),
}
COLUMNS: Final = (Column("AGENT"), Column("FILE", flexible=True), Column(""))


def plan(document: dict[str, Any], screen: Screen) -> str:
    """Return what was found, what would change, and how."""
    files = document["files"]
    rows = [[titles(each["hosts"]) + _what(each), each["shown"], _verdict(each)] for each in files]
    parts = [table(COLUMNS, rows, screen)] if rows else []
    parts += ["\n".join(colored(each["diff"], screen)) for each in files if each["diff"]]
    parts += [refusals(files)] if any(each["reason"] for each in files) else []
    return "\n\n".join(parts)


def _verdict(file: dict[str, Any]) -> Cell:
    cell = VERDICTS[file["verdict"]]
    return Cell("add rules", cell.style) if _what(file) and cell.text == "add djobs" else cell


def _what(file: dict[str, Any]) -> str:
    return " (approvals)" if file.get("what") == "approvals" else ""


def refusals(files: Iterable[dict[str, Any]]) -> str:
    """Say why files are left alone."""
    return "\n".join(safe(f"{each['shown']} {each['reason']}.") for each in files if each["reason"])


def colored(lines: Iterable[str], screen: Screen) -> list[str]:
    """Return the lines of a diff as git colours them."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return [
        screen.paint(
            safe(line), "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
        )
        for line in lines
    ]


def wired(document: dict[str, Any], screen: Screen) -> str:
    """Return the end of ``init`` and ``install-mcp``."""
    if not document["agents"]:
        return (
            "No agent that djobs knows was found here. `djobsctl init --host NAME` wires one "
            "all the same; `djobsctl help init` has the names."
        )
    parts = [] if document.get("shown") else [plan(document, screen)]
    parts.append("\n".join(_outcome(document, screen)))
    return "\n\n".join(part for part in parts if part)


def _outcome(document: dict[str, Any], screen: Screen) -> list[str]:
    files = document["files"]
    done = [each for each in files if each["diff"] and each["verdict"] in ("add", "change")]
    if document["applied"]:
        names = titles(name for each in done for name in each["hosts"])
        lines = [screen.paint(f"Wired {names}." if names else "Nothing was wired.", "bold")]
        lines += [refusals(files)] if document.get("shown") and refusals(files) else []
        lines.append("The originals are kept; `djobsctl remove` puts them back.")
        return [*lines, *_asides(document)]
    if done:
        return [*_asides(document), "Nothing was changed yet. `--yes` changes it."]
    if all(each["verdict"] == "wired" for each in files):
        return ["Everything is wired already.", *_asides(document)]
    return ["Nothing was changed."]


def _asides(document: dict[str, Any]) -> list[str]:
    lines = []
    if document["warning"]:
        lines.append(f"Careful: {document['warning']}.")
    if document["probe"] and document["probe"]["problem"]:
        lines.append("The daemon was stopped on purpose; `djobsctl start` before agents use it.")
    if document["not_approvable"]:
        names = ", ".join(document["not_approvable"])
        lines.append(f"No setting for --approve {document['approve']}, so they ask: {names}.")
    return lines


def removed(document: dict[str, Any], screen: Screen) -> str:
    """Return what became of the files that djobs was in."""
    files = document["files"]
    if not files:
        return "No agent here has djobs."
    parts = [] if document.get("shown") else [plan(document, screen)]
    gone = [each for each in files if each["diff"] and not each["reason"]]
    if document["applied"]:
        exact = sum(1 for each in gone if each["exact"])
        text = f"Took djobs out of {plural(len(gone), 'file')}"
        text += f"; {exact} as it was before, byte for byte." if exact else "."
        parts.append(text)
        parts += [refusals(files)] if document.get("shown") and refusals(files) else []
    elif gone:
        parts.append("Nothing was changed yet. `--yes` changes it.")
    else:
        parts.append("Nothing was changed.")
    return "\n\n".join(part for part in parts if part)
