"""A command line is taken as a shell would take it, or refused; never taken otherwise."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.command_line import NotPlain, words_of


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("npm test", ("npm", "test")),
        ("  make -C 'a b'  ", ("make", "-C", "a b")),
        ("echo 'a | b' \"c; d\" e\\|f", ("echo", "a | b", "c; d", "e|f")),
        ("""echo "it's" '"' "\\"" "\\a" """, ("echo", "it's", '"', '"', "\\a")),
        ("find . -name '*.py'", ("find", ".", "-name", "*.py")),
        ("echo '$HOME' '`x`'", ("echo", "$HOME", "`x`")),
        ("git log a#b x~y", ("git", "log", "a#b", "x~y")),
        ("prog --a=b ''", ("prog", "--a=b", "")),
    ],
)
def test_a_plain_line_becomes_words(line: str, words: tuple[str, ...]) -> None:
    assert words_of(line) == words
    assert list(words) == shlex.split(line)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a | b", "joins or redirects commands"),
        ("a && b", "joins or redirects commands"),
        ("a > b", "joins or redirects commands"),
        ("a\nb", "joins or redirects commands"),
        ("(a)", "joins or redirects commands"),
        ("ls *.py", "has a pattern of file names"),
        ("echo $HOME", "has a variable"),
        ('echo "$HOME"', "has a variable"),
        ("echo $(id)", "has a variable"),
        ("echo `id`", "has a command substitution"),
        ('echo "`id`"', "has a command substitution"),
        ("ls ~/x", "has a home folder"),
        ("ls # all", "has a comment"),
        ("CI=1 npm test", "sets a variable"),
        ("echo 'a", "has a quote that is not closed"),
        ('echo "a', "has a quote that is not closed"),
        ("   ", "is empty"),
    ],
)
def test_what_only_a_shell_understands_is_refused(line: str, reason: str) -> None:
    with pytest.raises(NotPlain, match=f"^{reason}$"):
        words_of(line)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8),
        min_size=1,
    )
)
def test_words_that_were_quoted_come_back(words: list[str]) -> None:
    assert words_of(" ".join(map(shlex.quote, ["program", *words]))) == ("program", *words)
