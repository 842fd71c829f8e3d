"""Which files a traced program wanted to change, and where."""

import re
from pathlib import Path
from typing import Final

from tests.upstream.syscalls import Syscall, parse

_OPENS: Final = ("open", "openat", "openat2", "creat")
_CHANGES: Final = (
    *("mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2", "link", "linkat"),
    *("symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "truncate", "chmod", "fchmodat"),
    *("chown", "lchown", "fchownat", "utime", "utimes", "utimensat", "setxattr", "bind"),
)
TRACER: Final = (
    *("strace", "-f", "-y", "--seccomp-bpf", "-s", "4096"),
    *("-e", f"trace={','.join((*_OPENS, *_CHANGES))}"),
)
_WRITING: Final = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
_PATH: Final = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, |sun_path=)?"((?:[^"\\]|\\.)*)"')


def changed(trace: Path) -> set[str]:
    """Return the paths that a trace made with ``TRACER`` tried to write, create, move or remove.

    A path relative to a folder that the trace does not name stays relative.
    """
    calls = parse(trace.read_text("utf-8", "replace").splitlines())
    return {path for call in calls if _changes(call) for path in _paths(call)}


def _changes(call: Syscall) -> bool:
    return call.name not in _OPENS or call.name == "creat" or bool(_WRITING.search(call.text))


def _paths(call: Syscall) -> list[str]:
    return [str(Path(folder, path)) for folder, path in _PATH.findall(call.text)]
