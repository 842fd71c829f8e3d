"""Files of an answer go where they were asked for, inside the workspace, or are sent back."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_llm.contract import Limits
from djobs_llm.placing import Misplaced, normal, place

WORKSPACE = "/home/me/project"


def placed(files: dict[str, str], output_path: str | None = None) -> dict[str, str]:
    return place(files.items(), output_path, WORKSPACE, Limits())


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("a.py", "a.py"),
        ("./src//a.py", "src/a.py"),
        ("src/../a.py", "a.py"),
        ("/home/me/project/src/a.py", "src/a.py"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
    ],
)
def test_a_path_inside_the_workspace_is_shortened(path: str, where: str) -> None:
    assert normal(path, WORKSPACE) == where


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../a",
        "a/../../b",
        "/etc/passwd",
        "/home/me/project",
        "/home/me/projects/a",
        "a\0b",
        "src/",
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        ".hg/hgrc",
        "sub/.SVN/a",
        "x" * 2000,
    ],
)
def test_any_other_path_is_sent_back(path: str) -> None:
    with pytest.raises(Misplaced):
        normal(path, WORKSPACE)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "/", ".git", "b"]), max_size=8).map("/".join))
def test_no_path_leads_out(path: str) -> None:
    try:
        where = normal(path, WORKSPACE)
    except Misplaced:
        return
    whole = posixpath.normpath(posixpath.join(WORKSPACE, where))
    assert whole.startswith(f"{WORKSPACE}/")
    assert ".git" not in where.split("/")


def test_a_single_file_of_another_name_is_the_one_that_was_asked_for() -> None:
    assert placed({"b.py": "x"}, "a.py") == {"a.py": "x"}


def test_other_files_may_come_with_the_one_that_was_asked_for() -> None:
    files = {"a.py": "x", "b.py": "y"}
    assert placed(files, "a.py") == files


@pytest.mark.parametrize(
    ("files", "output_path", "complaint"),
    [
        ({}, None, "no file"),
        ({"b.py": "x", "c.py": "y"}, "a.py", "'a.py' is missing"),
        ({"a.py": "x", "./a.py": "y"}, None, "twice"),
        ({"a": "x", "a/b": "y"}, None, "a file and a folder"),
        ({"a": "x" * (Limits().output_file_bytes + 1)}, None, "bytes"),
        ({str(number): "" for number in range(Limits().output_files + 1)}, None, "51 files"),
        ({"a": "\ud800"}, None, "characters"),
    ],
)
def test_what_is_wrong_is_said(
    files: dict[str, str], output_path: str | None, complaint: str
) -> None:
    with pytest.raises(Misplaced, match=complaint):
        placed(files, output_path)
