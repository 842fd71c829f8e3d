"""Finding a program as starting it would, for the rules that judge it before."""

import os
import posixpath

from djobs_daemon.queue.shell_rules import Found, Resolve


def resolver(path: str, cwd: str) -> Resolve:
    """Return what finds programs on ``path``, a command's own PATH, from its folder ``cwd``.

    As execvp(3): a name with a slash is a path from ``cwd``, any other is looked for in each folder
    in turn, and one that may not be executed is passed over.
    """

    def resolve(program: str) -> Found | None:
        if "/" in program:
            return _found(os.path.join(cwd, program))
        for folder in path.split(os.pathsep):
            found = _found(os.path.join(cwd, folder, program))
            if found is not None:
                return found
        return None

    return resolve


def _found(path: str) -> Found | None:
    if not (os.path.isfile(path) and os.access(path, os.X_OK)):
        return None
    real = os.path.realpath(path)
    # ``..`` may lead over a link: then only the real path says where this is.
    plain = posixpath.normpath(path)
    return Found(plain if os.path.realpath(plain) == real else real, real)
