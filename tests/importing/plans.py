"""Sources for the tests: those that the real tools made, and small ones made up on the spot."""

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

from djobsctl.importing.items import Item, Source, Standing
from djobsctl.importing.kinds import find

SOURCES: Final = Path(__file__).with_name("sources")
UPSTREAM: Final = ("0.2.0", "0.8.1", "0.12.0", "0.22.0")


def upstream(folder: Path, version: str) -> Path:
    """Put the database that a release of upstream djobs made into a folder."""
    path = folder / "djobs_mcp.db"
    path.write_bytes(gzip.decompress((SOURCES / f"djobs-{version}.db.gz").read_bytes()))
    return path


def project(folder: Path) -> Path:
    """Make a project in which beads, Backlog.md and task-master keep their plans."""
    (folder / ".beads").mkdir(parents=True)
    shutil.copy(SOURCES / "beads.jsonl", folder / ".beads/issues.jsonl")
    shutil.copytree(SOURCES / "backlog", folder / "backlog")
    (folder / ".taskmaster/tasks").mkdir(parents=True)
    shutil.copy(SOURCES / "task-master.json", folder / ".taskmaster/tasks/tasks.json")
    return folder


def issues(path: Path, *records: dict[str, Any] | bytes) -> Path:
    """Write a file of beads: issues, or raw lines."""
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in records]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def issue(name: str, *needs: str, **more: Any) -> dict[str, Any]:
    """Return an issue of beads that is blocked by others."""
    edges = [{"issue_id": name, "depends_on_id": need, "type": "blocks"} for need in needs]
    base = {"id": name, "title": f"Title of {name}", "status": "open", "priority": 2}
    return {**base, "dependencies": edges, **more}


def read(path: Path) -> list[Source]:
    """Return all sources at a path."""
    return [source for found in find(os.fspath(path)) for source in found.read()]


def read_one(path: Path) -> Source:
    """Return the only source at a path."""
    (source,) = read(path)
    return source


def items(source: Source) -> dict[str, Item]:
    """Return a source's items by id."""
    return {item.id: item for item in source.items}


def item(name: str, *needs: str, standing: Standing = Standing.OPEN, **more: Any) -> Item:
    """Return a piece of work of no particular source."""
    return Item(
        name, name, standing, str(standing), "/plan", content={}, needs=tuple(needs), **more
    )


def source_of(*work: Item) -> Source:
    """Return a source with some work."""
    return Source("beads", "/plan", "here", list(work), [], {})


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all that reading must not change: names, times of change, contents."""
    return {
        os.path.relpath(path, folder): (
            path.stat().st_mtime_ns,
            path.stat().st_ino,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *folder.rglob("*")]
    }
