"""What an agent changed, told by two snapshots of its tree in a git folder that it cannot reach.

The repository of the user is only read (as alternate objects). Contents are taken as they are, byte
for byte: no filter, no conversion of line ends, no settings of anybody.
"""

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from djobs_agent import git
from djobs_agent.contract import Change, ChangeKind
from djobs_agent.layout import Layout
from djobs_files.limits import FILE_BYTES_MAX

_ATTRIBUTES: Final = "* -text -ident -filter -working-tree-encoding\n"
_REGULAR: Final = {"100644": 0o644, "100755": 0o755}
_USUAL: Final = "100644"
_NOTHING: Final = "000000"
_KINDS: Final[dict[str, ChangeKind]] = {"A": "new", "M": "changed", "D": "deleted"}
_DIFF: Final = ("diff-tree", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")


class Snapshots:
    """Takes snapshots of one tree."""

    def __init__(self, folder: str, tree: str, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._tree = tree
        self._environ = git.environment(
            environ,
            {
                "GIT_DIR": folder,
                "GIT_WORK_TREE": tree,
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
            },
        )

    def begin(self, layout: Layout) -> str:
        """Take the first snapshot and return its id."""
        self._call("init", "-q", f"--object-format={layout.object_format}")
        info = os.path.join(self._folder, "info")
        os.makedirs(info, exist_ok=True)
        with open(os.path.join(info, "attributes"), "w", encoding="utf-8") as file:
            file.write(_ATTRIBUTES)
        for name, value in (("core.autocrlf", "false"), ("core.excludesFile", os.devnull)):
            self._call("config", name, value)
        if layout.objects is not None:
            with open(os.path.join(self._folder, "objects/info/alternates"), "wb") as alternates:
                alternates.write(os.fsencode(layout.objects) + b"\n")
        if layout.base is not None:  # so that what is committed and ignored is looked at, too
            self._call("read-tree", layout.base)
        return self.take()

    def take(self) -> str:
        """Return the id of a snapshot of the tree as it is."""
        self._call("add", "--all", "--", ".")
        return self._call("write-tree").decode().strip()

    def write_diff(self, before: str, after: str, path: str) -> None:
        """Write what changed as a patch for ``git apply``."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with open(os.open(path, flags, 0o600), "wb") as file:
            self._call(*_DIFF, "-p", "--binary", before, after, into=file.fileno())
            os.fsync(file.fileno())

    def keep_changes(self, before: str, after: str, contents: str) -> Iterator[Change]:
        """Yield what changed; put the new contents into a folder, named by their numbers."""
        os.makedirs(contents, mode=0o700, exist_ok=True)
        raw = self._call(*_DIFF, "-r", "-z", "--raw", before, after)
        fields = git.names(raw)
        for number, (about, path) in enumerate(zip(fields[::2], fields[1::2], strict=True)):
            old_mode, new_mode, old, new, status = about.removeprefix(":").split(" ")
            yield self._kept(
                os.path.join(contents, str(number)), path, (old_mode, old), (new_mode, new), status
            )

    def _kept(
        self, target: str, path: str, old: tuple[str, str], new: tuple[str, str], status: str
    ) -> Change:
        modes = {mode for mode, _ in (old, new)} - {_NOTHING}
        if not modes <= _REGULAR.keys() or status not in _KINDS or not self._is_plain(path):
            return Change(path=os.fsencode(path).decode("utf-8", "replace"), kind="other")
        before = self._content(*old)
        after = self._content(*new)
        if after is not None:
            with open(target, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
        usual = old[0] == new[0] or (before is None and new[0] == _USUAL)
        return Change(
            path=path,
            kind=_KINDS[status],
            before_sha256=None if before is None else sha256(before).hexdigest(),
            after_sha256=None if after is None else sha256(after).hexdigest(),
            mode=None if usual or after is None else _REGULAR[new[0]],
            bytes=len(after or b""),
        )

    def _is_plain(self, path: str) -> bool:
        """Say whether a change of a file could be told, and written by djobs."""
        try:
            size = os.lstat(os.path.join(self._tree, path)).st_size
        except OSError:
            size = 0
        return _is_unicode(path) and size <= FILE_BYTES_MAX

    def _content(self, mode: str, name: str) -> bytes | None:
        return None if mode == _NOTHING else self._call("cat-file", "blob", name)

    def _call(self, *arguments: str, into: int | None = None) -> bytes:
        return git.call(*arguments, cwd=self._tree, environ=self._environ, into=into)


def _is_unicode(path: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in path)
