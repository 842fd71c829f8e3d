"""Which paths are refused for what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_files import limits
from djobs_files.names import check_together, parts
from djobs_protocol.errors import DjobsError, ErrorCode


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("//etc/passwd", "absolute"),
        ("..", "has .. in it"),
        ("../x", "has .. in it"),
        ("a/../../x", "has .. in it"),
        ("a/..", "has .. in it"),
        ("a/../b", "has .. in it"),
        ("a\0b", "NUL"),
        (".", "folder"),
        ("a/", "folder"),
        ("a/.", "folder"),
        ("./", "folder"),
        ("\udcff", "Unicode"),
        ("x" * 256, "too long"),
        ("ä" * 128, "too long"),
        ("a/" * 101 + "b", "too long"),
        ("a/" * 2000 + "b", "too long"),
        (".git/hooks/pre-commit", "git's own"),
        ("sub/.GIT/config", "git's own"),
        (".g\u200cit/config", "git's own"),
        (".git. /config", "git's own"),
        (".git", "git's own"),
    ],
)
def test_a_path_that_may_not_be_written_is_refused_with_the_reason(path: str, why: str) -> None:
    with pytest.raises(DjobsError, match=why) as refusal:
        parts(path)
    assert refusal.value.code is ErrorCode.PATH_REFUSED


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("a", ("a",)),
        ("a/b.txt", ("a", "b.txt")),
        ("./a//b", ("a", "b")),
        ("...", ("...",)),
        (".gitignore", (".gitignore",)),
        ("a b/ü\n", ("a b", "ü\n")),
        ("~/x", ("~", "x")),
        ("C:\\x", ("C:\\x",)),
    ],
)
def test_other_paths_are_their_names(path: str, names: tuple[str, ...]) -> None:
    assert parts(path) == names


@given(st.text(alphabet="./\0ab-\\", max_size=20) | st.text(max_size=30))
def test_whatever_is_accepted_stays_below_the_root(path: str) -> None:
    try:
        names = parts(path)
    except DjobsError:
        return
    assert names
    for name in names:
        assert name not in ("", ".", "..")
        assert not {"/", "\0"} & set(name)
        assert len(name.encode()) <= limits.NAME_BYTES_MAX


@pytest.mark.parametrize(
    "paths",
    [
        ["a", "a"],
        ["a", "./a"],
        ["a", "A"],
        ["straße", "STRASSE"],
        ["\u00e9", "e\u0301"],
        ["a/x", "A/y"],
        ["a", "a/b"],
        ["a/b/c", "a/b"],
        ["A", "a/b"],
        ["x.", "x"],
    ],
)
def test_paths_that_may_be_one_file_or_a_file_and_a_folder_are_refused_together(
    paths: list[str],
) -> None:
    for order in (paths, paths[::-1]):
        with pytest.raises(DjobsError) as refusal:
            check_together([parts(path) for path in order])
        assert refusal.value.code is ErrorCode.PATH_REFUSED


def test_paths_that_differ_are_accepted_together() -> None:
    check_together([parts(path) for path in ("a/b", "a/c", "b", "ab", "a.b")])
