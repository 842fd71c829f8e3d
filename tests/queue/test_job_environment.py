"""A command has the variables that were wanted, and nothing of anybody else's."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.job_environment import (
    BYTES_MAX,
    DEFAULT,
    DEPTH_MAX,
    VARIABLES_MAX,
    Identity,
    Policy,
    captured,
    depth_below,
    environment,
    is_secret,
    shown,
)
from djobs_daemon.queue.job_environment import given as checked
from djobs_protocol.errors import DjobsError, ErrorCode

IDENTITY = Identity(job="j1ab", instance="i1", depth=2)
SHELL = {
    "PATH": "/home/me/bin:/usr/bin",
    "HOME": "/home/me",
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "C",
    "TERM": "xterm",
    "AWS_SECRET_ACCESS_KEY": "s3cret",
    "GITHUB_TOKEN": "s3cret",
    "LC_TOKEN": "s3cret",
    "FOO": "bar",
    "LD_PRELOAD": "/tmp/x.so",
    "DJOBS_JOB": "j9",
    "DJOBS_AGENT": "me",
    "HTTPS_PROXY": "http://me:s3cret@proxy",
}


def code(raised: pytest.ExceptionInfo[DjobsError]) -> ErrorCode:
    return raised.value.code


def test_what_a_command_needs_is_captured_and_nothing_else() -> None:
    assert captured(SHELL, Policy()) == {
        "PATH": "/home/me/bin:/usr/bin",
        "HOME": "/home/me",
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "C",
        "TERM": "xterm",
    }


def test_a_secret_is_captured_only_by_its_own_name() -> None:
    assert captured(SHELL, Policy(("AWS_*", "GITHUB_*", "LC_*"))) == {"LC_ALL": "C"}
    assert captured(SHELL, Policy(("GITHUB_TOKEN",))) == {"GITHUB_TOKEN": "s3cret"}


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "NPM_TOKEN", "api_key"),
        *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "PGPASSWORD", "MYSQL_PWD_FILE", "DB_PASS"),
        *("DB_PASSWORD", "SSH_PRIVATE_KEY", "DATABASE_URL", "REDIS_URL", "SENTRY_DSN"),
        *("http_proxy", "HTTPS_PROXY", "SESSION_COOKIE", "GOOGLE_APPLICATION_CREDENTIALS"),
        *("AZURE_CLIENT_SECRET", "APIKEY", "HF_TOKEN", "STRIPE_KEY", "BASIC_AUTH", "PASSPHRASE"),
        *("AZURE_STORAGE_CONNECTION_STRING", "ENCRYPTION_KEY", "ADMIN_PW", "KEY"),
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret(name)
    assert captured({name: "x"}, Policy((name[:3] + "*",))) == {}
    assert shown({name: "x"}, "[redacted]") == {name: "[redacted]"}


@pytest.mark.parametrize("name", [each.rstrip("*") for each in DEFAULT])
def test_what_is_captured_by_default_sounds_like_no_secret(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("name", ["KEYBOARD", "AUTHOR", "COMPASS", "MONKEY_MODE", "PASSES", "PWD"])
def test_ordinary_names_are_no_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("pattern", ["", "*", "A*B", "A-B", "1A", "A=", "DJOBS_JOB", "DJOBS_*"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(DjobsError) as refused:
        Policy((pattern,))
    assert code(refused) is ErrorCode.INVALID_PARAMS


def test_a_command_has_what_was_captured_then_the_job_s_own_then_whose_it_is() -> None:
    found = environment(
        {"PATH": "/p", "A": "captured", "B": "captured"},
        {"B": "own", "C": "own"},
        IDENTITY,
        {"PATH": "/daemon", "HOME": "/daemon", "SECRET": "daemon", "DJOBS_HOME": "/x"},
    )
    assert found == {
        "PATH": "/p",
        "HOME": "/daemon",
        "A": "captured",
        "B": "own",
        "C": "own",
        "DJOBS_JOB": "j1ab",
        "DJOBS_INSTANCE": "i1",
        "DJOBS_DEPTH": "2",
    }


@pytest.mark.parametrize(
    "name", ["DJOBS_JOB", "DJOBS_DEPTH", "DJOBS_ANYTHING", "1A", "A B", "", "A="]
)
def test_a_job_cannot_set_what_djobs_says_or_what_is_no_name(name: str) -> None:
    with pytest.raises(DjobsError) as refused:
        checked({name: "x"})
    assert code(refused) is ErrorCode.INVALID_PARAMS


@pytest.mark.parametrize("value", ["x\0y", "\ud800"])
def test_what_no_variable_can_hold_is_refused_or_left_out(value: str) -> None:
    with pytest.raises(DjobsError):
        checked({"A": value})
    assert captured({"PATH": value}, Policy()) == {}
    assert captured({"PATH": "\udcff"}, Policy()) == {"PATH": "\udcff"}


def test_too_much_is_refused() -> None:
    many = {f"A{number}": "" for number in range(VARIABLES_MAX + 1)}
    for variables in (many, {"A": "x" * BYTES_MAX}):
        with pytest.raises(DjobsError) as refused:
            checked(variables)
        assert code(refused) is ErrorCode.TOO_LARGE
        with pytest.raises(DjobsError) as refused:
            captured(variables, Policy(("A*",)))
        assert code(refused) is ErrorCode.TOO_LARGE


def test_jobs_that_submit_themselves_come_to_an_end() -> None:
    assert depth_below(0) == 1
    assert depth_below(DEPTH_MAX - 1) == DEPTH_MAX
    with pytest.raises(DjobsError) as refused:
        depth_below(DEPTH_MAX)
    assert refused.value.data["limit"] == DEPTH_MAX


NAMES = st.sampled_from([*SHELL, "AWS_REGION", "A", "lower", "1bad", "B C"]) | st.text(max_size=5)
VARIABLES = st.dictionaries(NAMES, st.text(max_size=5), max_size=10)
POLICIES = st.builds(
    Policy, st.lists(st.sampled_from(["PATH", "AWS_*", "A*", "L*", "GITHUB_TOKEN"])).map(tuple)
)


@given(VARIABLES, POLICIES)
def test_nothing_is_captured_that_no_list_names(submitter: dict[str, str], policy: Policy) -> None:
    for name, value in captured(submitter, policy).items():
        assert submitter[name] == value
        assert not name.startswith("DJOBS_")
        exact = name in policy.wanted
        begun = any(each[-1] == "*" and name.startswith(each[:-1]) for each in policy.wanted)
        assert exact or (begun and not is_secret(name))


@given(VARIABLES, VARIABLES)
def test_a_command_says_whose_it_is_whatever_is_stored(
    stored: dict[str, str], fallback: dict[str, str]
) -> None:
    found = environment(stored, {}, IDENTITY, fallback)
    ours = {name: value for name, value in found.items() if name.startswith("DJOBS_")}
    assert ours == {"DJOBS_JOB": "j1ab", "DJOBS_INSTANCE": "i1", "DJOBS_DEPTH": "2"}


def test_a_real_command_has_exactly_these() -> None:
    wanted = environment(captured(SHELL, Policy()), {"X": "ä\n b"}, IDENTITY, {})
    program = "import os, sys; sys.stdout.write(repr(sorted(os.environb.items())))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], env=wanted, capture_output=True, check=True
    )
    there = {(name.encode(), value.encode()) for name, value in wanted.items()}
    assert done.stdout.decode() == repr(sorted(there))
