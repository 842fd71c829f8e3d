"""The profile for macOS, as text: nothing here runs it. On macOS a starting daemon does."""

from pathlib import Path

import pytest

from djobs_daemon.executors.sandbox.confinement import Confinement, Level
from djobs_daemon.executors.sandbox.seatbelt import Seatbelt, profile

GOLDEN = Path(__file__).parent / "golden"
CONFINED = {
    Level.WRITE_NETWORK: Confinement(
        "/Users/me/project",
        read_write=("/Users/me/.cache/x",),
        read_only=("/Users/me/project/.git/hooks",),
        hidden_folders=("/Users/me/.ssh", "/Users/me/Library/Keychains"),
        hidden_files=("/Users/me/.netrc",),
    ),
    Level.WRITE: Confinement('/Users/me/a "b" \\c', network=True),
}


@pytest.mark.parametrize("level", list(CONFINED))
def test_the_profile_is_the_one_that_was_read_by_people(level: Level) -> None:
    assert profile(CONFINED[level]) + "\n" == (GOLDEN / f"seatbelt-{level}.sb").read_text()


def test_everything_that_is_not_listed_is_denied() -> None:
    for confinement in CONFINED.values():
        assert profile(confinement).startswith("(version 1)\n(deny default)\n")


def test_parentheses_and_strings_close() -> None:
    for confinement in CONFINED.values():
        text = profile(confinement).replace("\\\\", "").replace('\\"', "")
        assert text.count('"') % 2 == 0
        assert text.count("(") == text.count(")")


def test_a_path_cannot_add_a_rule() -> None:
    with pytest.raises(ValueError, match="control characters"):
        profile(Confinement("/w/x\n(allow default)"))
    assert '(subpath "/w/\\") (allow default)")' in profile(Confinement('/w/") (allow default)'))


def test_the_command_line_hands_the_profile_over_and_becomes_the_command() -> None:
    environ = {"A": "1", "DYLD_INSERT_LIBRARIES": "/x"}
    wrapped = Seatbelt().wrap(("make", "all"), CONFINED[Level.WRITE], environ)
    assert wrapped.argv[:3] == ("/usr/bin/sandbox-exec", "-p", profile(CONFINED[Level.WRITE]))
    assert wrapped.argv[-4:] == ("/usr/bin/env", "DYLD_INSERT_LIBRARIES=/x", "make", "all")
    assert wrapped.environ == {"A": "1"}
    assert not wrapped.monitored
