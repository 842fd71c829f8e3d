"""An agent sees the workspace as its user does, and never touches it."""

import os

import pytest

from djobs_agent.contract import COPY_FILES_MAX, DIFF_FILE, TREE_FOLDER
from djobs_agent.layout import LayoutRefused, _refuse_too_much, release
from djobs_daemon.executors import worktrees
from tests.agent.program import FAKE, Bench


def kinds(bench: Bench, *steps: str) -> dict[str, str]:
    return {each.path: each.kind for each in bench.run(*steps, "result").changes}


def test_a_folder_without_a_repository_is_copied(bench: Bench) -> None:
    (bench.workspace / "a.txt").write_text("old\n")
    (bench.workspace / "gone.txt").write_text("x")
    assert kinds(bench, "write a.txt new", "write sub/b.txt b", "remove gone.txt") == {
        "a.txt": "changed",
        "sub/b.txt": "new",
        "gone.txt": "deleted",
    }
    assert (bench.workspace / "a.txt").read_text() == "old\n"
    assert sorted(os.listdir(bench.workspace)) == ["a.txt", "gone.txt"]


def test_what_is_not_committed_is_no_change_of_the_agent(bench: Bench) -> None:
    bench.commit(a_txt="1\n", b_txt="1\n", c_txt="1\n", _gitignore="ignored\n")
    (bench.workspace / "a.txt").write_text("2\n")
    (bench.workspace / "b.txt").unlink()
    (bench.workspace / "new.txt").write_text("n\n")
    (bench.workspace / "staged.txt").write_text("s\n")
    bench.git("add", "staged.txt")
    (bench.workspace / "ignored").write_text("i\n")
    before = bench.git("status", "--porcelain")
    found = kinds(bench, "write a.txt 3", "write c.txt 2", "write ignored 5")
    assert found == {"a.txt": "changed", "c.txt": "changed"}
    assert "-2\n+3" in (bench.folder / DIFF_FILE).read_text()
    assert bench.git("status", "--porcelain") == before
    assert (bench.workspace / "c.txt").read_text() == "1\n"


def test_the_worktree_goes_with_the_program(bench: Bench) -> None:
    bench.commit(a_txt="1\n")
    assert kinds(bench, "write a.txt 2") == {"a.txt": "changed"}
    assert not (bench.folder / TREE_FOLDER).exists()
    assert len(bench.git("worktree", "list").splitlines()) == 1
    assert bench.git("branch", "--list").split() == [
        "*",
        bench.git("branch", "--show-current")[:-1],
    ]


def test_a_folder_of_a_repository_is_worked_in_where_it_lies(bench: Bench) -> None:
    bench.commit(a_txt="1\n")
    top, bench.workspace = bench.workspace, bench.workspace / "sub"
    bench.workspace.mkdir()
    (bench.workspace / "s.txt").write_text("1\n")
    cwd = str(bench.folder / TREE_FOLDER / "sub")
    argv = ("/usr/bin/env", "-C", cwd)
    answer = bench.run("write s.txt 2", "write ../a.txt 2", "result", argv=argv + FAKE, cwd=cwd)
    assert [each.path for each in answer.changes] == ["s.txt"]
    assert (top / "a.txt").read_text() == "1\n"


def test_a_repository_of_longer_names_is_no_other(bench: Bench) -> None:
    bench.git("init", "-q", "--object-format=sha256")
    bench.commit(a_txt="1\n")
    assert kinds(bench, "write a.txt 2") == {"a.txt": "changed"}


def test_hooks_and_filters_of_the_repository_run_nothing(bench: Bench) -> None:
    bench.commit(a_txt="1\r\n", _gitattributes="* text=auto eol=crlf\n")
    hook = bench.workspace / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {bench.root}/ran\n")
    hook.chmod(0o755)
    assert kinds(bench, "say nothing") == {}
    assert not (bench.root / "ran").exists()


def test_a_link_is_shown_and_never_applied(bench: Bench) -> None:
    assert kinds(bench, "link secrets") == {"secrets": "other"}


def test_too_much_to_copy_is_refused_with_what_to_do() -> None:
    _refuse_too_much("/w", COPY_FILES_MAX, 0)
    for files, size in ((COPY_FILES_MAX + 1, 0), (1, 2**40)):
        with pytest.raises(LayoutRefused, match="git repository"):
            _refuse_too_much("/w", files, size)


def test_a_tree_whose_pointer_was_broken_is_removed_all_the_same(bench: Bench) -> None:
    bench.commit(a_txt="1\n")
    tree = bench.folder / TREE_FOLDER
    bench.git("worktree", "add", "--detach", "-q", str(tree), "HEAD")
    (tree / ".git").write_text("gitdir: /nowhere\n")
    release(str(bench.workspace), str(tree), os.environ)
    assert not tree.exists()
    assert len(bench.git("worktree", "list").splitlines()) == 1


def test_the_record_of_a_worktree_goes_with_its_run_and_no_other_does(bench: Bench) -> None:
    bench.commit(a_txt="1\n")
    tree, other = bench.folder / TREE_FOLDER, bench.root / "other"
    for each in (tree, other):
        bench.git("worktree", "add", "--detach", "-q", str(each), "HEAD")
    pointer = (tree / ".git").read_text()
    for lie in ((other / ".git").read_text(), f"gitdir: {bench.workspace}\n", "gitdir: .\n"):
        (tree / ".git").write_text(lie)
        worktrees.forget(str(tree))
        assert len(bench.git("worktree", "list").splitlines()) == 3
    (tree / ".git").write_text(pointer)
    worktrees.forget(str(tree))
    assert len(bench.git("worktree", "list").splitlines()) == 2
    worktrees.forget(str(bench.workspace))
    worktrees.forget("/nowhere")
