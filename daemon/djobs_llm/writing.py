"""Put the files of an answer into the workspace: all or none, and so that it can be taken back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from djobs_files.values import NewFile, Receipt
from djobs_files.writing import write_all
from djobs_llm.contract import Code, WrittenFile
from djobs_llm.failure import JobFailed
from djobs_protocol.errors import DjobsError


def write_files(root: Path, files: Mapping[str, str], undo: Path) -> tuple[WrittenFile, ...]:
    """Write files by their paths; ``OUTPUT_REFUSED`` names the one that cannot be.

    What ``djobs_files.undo`` needs is in the folder ``undo`` before the first is touched.
    """
    wanted = [NewFile(path, text.encode()) for path, text in files.items()]
    if not wanted:
        return ()
    try:
        return tuple(map(_written, write_all(str(root), wanted, str(undo))))
    except DjobsError as error:
        raise JobFailed(Code.OUTPUT_REFUSED, error.message) from error


def _written(receipt: Receipt) -> WrittenFile:
    return WrittenFile(
        path=receipt.path, bytes=receipt.bytes, sha256=receipt.sha256, change=_change(receipt)
    )


def _change(receipt: Receipt) -> Literal["new", "changed", "same"]:
    if receipt.before_sha256 is None:
        return "new"
    return "same" if receipt.before_sha256 == receipt.sha256 else "changed"
