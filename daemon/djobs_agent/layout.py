"""The copy of a workspace that an agent works in: a worktree of its repository, else a copy.

What is not committed yet is copied into a worktree, too: an agent sees what its user sees.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from djobs_agent import git
from djobs_agent.contract import COPY_BYTES_MAX, COPY_FILES_MAX

KEPT_OUT: Final = frozenset({".git", ".hg", ".jj", ".svn"})

Say = Callable[[str], None]


class LayoutRefused(Exception):
    """The workspace cannot be copied; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Layout:
    """Where the copy came from."""

    base: str | None
    """Of a worktree: the tree-ish that the workspace's folder had at HEAD."""
    objects: str | None
    """Of a worktree: the folder with the repository's objects."""
    object_format: str = "sha1"


@dataclass(frozen=True)
class Repository:
    """What is known of the repository around a workspace."""

    top: str
    prefix: str
    """From the top to the workspace, without a slash at its end; empty at the top."""
    objects: str
    object_format: str


def repository_of(workspace: str, environ: Mapping[str, str]) -> Repository | None:
    """Return the repository around a workspace that has a commit, if there is one."""
    asked = (
        ("--show-toplevel",),
        ("--show-prefix",),
        ("--git-path", "objects"),
        ("--show-object-format",),
    )
    try:
        git.call("rev-parse", "--verify", "-q", "HEAD^{commit}", cwd=workspace, environ=environ)
        said = [git.call("rev-parse", *each, cwd=workspace, environ=environ) for each in asked]
    except git.GitFailed:
        return None
    top, prefix, objects, form = (os.fsdecode(each.rstrip(b"\n")) for each in said)
    return Repository(top, prefix.rstrip("/"), os.path.join(workspace, objects), form)


def lay_out(workspace: str, tree: str, into: str, environ: Mapping[str, str], say: Say) -> Layout:
    """Fill ``tree``, an empty folder, so that ``into`` in it is as the workspace is.

    ``LayoutRefused`` when that is not possible.
    """
    found = repository_of(workspace, environ)
    try:
        if found is None:
            os.makedirs(into, exist_ok=True)
            copy_files(workspace, into, _files_of(workspace))
            return Layout(None, None)
        if os.path.normpath(os.path.join(tree, found.prefix)) != os.path.normpath(into):
            raise LayoutRefused(f"{workspace} is not where its repository {found.top} has it.")
        git.call("worktree", "prune", cwd=workspace, environ=environ)
        git.call(
            *("worktree", "add", "--detach", "--quiet", tree, "HEAD"),
            cwd=workspace,
            environ=environ,
        )
        os.makedirs(into, exist_ok=True)  # of a folder that has nothing committed yet
        copy_files(workspace, into, _not_committed(workspace, environ, say))
        if os.path.lexists(os.path.join(tree, ".gitmodules")):
            say("Submodules are left empty in the agent's worktree.")
    except (git.GitFailed, OSError, shutil.Error) as error:
        raise LayoutRefused(f"{workspace} could not be copied for the agent: {error}.") from None
    return Layout(_tree_ish(workspace, found, environ), found.objects, found.object_format)


def _tree_ish(workspace: str, found: Repository, environ: Mapping[str, str]) -> str | None:
    """Return the committed tree of the workspace's folder; None where it has none."""
    name = f"HEAD:{found.prefix}"
    try:
        raw = git.call("rev-parse", "--verify", "-q", name, cwd=workspace, environ=environ)
    except git.GitFailed:
        return None
    return raw.decode().strip()


def release(workspace: str, tree: str, environ: Mapping[str, str]) -> None:
    """Remove the copy, and what the repository knows of it. An agent may have broken both."""
    try:
        if os.path.lexists(os.path.join(tree, ".git")):
            git.call("worktree", "remove", "--force", tree, cwd=workspace, environ=environ)
    except git.GitFailed:
        pass
    shutil.rmtree(tree, ignore_errors=True)
    try:
        git.call("worktree", "prune", cwd=workspace, environ=environ)
    except git.GitFailed:
        return  # it is no repository, or has gone


def _not_committed(workspace: str, environ: Mapping[str, str], say: Say) -> Iterator[str]:
    """Yield what differs from HEAD below the workspace, and what git does not know of yet."""
    changed = git.call(
        *("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules"),
        *("--relative", "HEAD", "--", "."),
        cwd=workspace,
        environ=environ,
    )
    new = git.call(
        "ls-files", "-z", "--others", "--exclude-standard", cwd=workspace, environ=environ
    )
    for path in (*git.names(changed), *git.names(new)):
        if path.endswith("/"):
            say(f"{path} is a repository of its own and left out.")
        else:
            yield path


def _files_of(workspace: str) -> Iterator[str]:
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(os.path.join(workspace, folder)) as entries:
            for entry in entries:
                if entry.name in KEPT_OUT:
                    continue
                path = os.path.join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                else:
                    yield path


def copy_files(source: str, target: str, paths: Iterable[str]) -> None:
    """Copy files and links by relative path, or remove what is not there (any more)."""
    copied, size = 0, 0
    for path in paths:
        origin, place = os.path.join(source, path), os.path.join(target, path)
        try:
            found = os.lstat(origin)
        except (FileNotFoundError, NotADirectoryError):
            _remove(place)
            continue
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
            continue
        copied, size = copied + 1, size + found.st_size
        _refuse_too_much(source, copied, size)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        _remove(place)
        shutil.copy2(origin, place, follow_symlinks=False)


def _refuse_too_much(source: str, files: int, size: int) -> None:
    if files > COPY_FILES_MAX or size > COPY_BYTES_MAX:
        raise LayoutRefused(
            f"{source} has more to copy for an agent than {COPY_FILES_MAX:,} files or "
            f"{COPY_BYTES_MAX // 1024**2} MiB. Make it a git repository, commit or ignore what is "
            "large, or submit the task from a folder below it."
        )


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except IsADirectoryError:
        shutil.rmtree(path)
