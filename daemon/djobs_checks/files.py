"""Whether a file of the workspace is there, and what it has in it."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import file_digest
from io import BufferedReader

from djobs_files.names import parts
from djobs_files.tree import Tree, look, opened


@dataclass(frozen=True)
class Found:
    """What a look at files brought."""

    passed: bool
    text: str
    """A sentence."""
    files: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each content, by path."""
    tree: str | None = None

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))


def exists(tree: Tree, path: str) -> Found:
    """Pass for a regular file, whatever is in it."""
    with file_at(tree, path) as file:
        if file is None:
            return missing(path)
        return Found(True, f"{path} is there.", {path: digest_of(file)})


def has_digest(tree: Tree, path: str, wanted: str) -> Found:
    """Pass for a file whose content has that SHA-256."""
    with file_at(tree, path) as file:
        if file is None:
            return missing(path)
        digest = digest_of(file)
    if digest == wanted:
        return Found(True, f"{path} has the SHA-256 {digest}.", {path: digest})
    return Found(False, f"{path} has the SHA-256 {digest}, expected was {wanted}.", {path: digest})


def missing(path: str) -> Found:
    """Return that there is no file."""
    return Found(False, f"{path} is not there.")


def digest_of(file: BufferedReader) -> str:
    """Return the SHA-256 of all that is in a file, read in pieces."""
    return file_digest(file, "sha256").hexdigest()


@contextmanager
def file_at(tree: Tree, path: str) -> Iterator[BufferedReader | None]:
    """Open a regular file of the workspace, through no link; None where nothing is."""
    names = parts(path)
    with tree.folder(names[:-1]) as folder:
        if folder is None or look(folder, names[-1], path) is None:
            yield None
            return
        with opened(folder, names[-1], path) as file:
            yield file


def is_executable(mode: int) -> bool:
    """Say whether its owner may execute a file: all of a mode that version control keeps, too."""
    return bool(mode & stat.S_IXUSR)
