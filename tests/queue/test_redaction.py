"""Secrets do not reach the ledger; prose about code does."""

import json
import string
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.queue.redaction import MARK, holds_secret, may_hold_secret, redact, redact_value
from djobs_protocol.limits import PAYLOAD_BYTES_MAX

SECRETS = [
    "xoxb-123456789012-abcdefghijkl",
    "ghp_" + "a1" * 18,
    "github_pat_" + "a1" * 20,
    "sk-ant-api03-abcdefghijklmnopqrstuv",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\ncut off",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk",
    "4111 1111 1111 1111",
    "5500005555555559",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_recognised_by_its_shape(secret: str) -> None:
    assert redact(f"before {secret} after").startswith("before " + MARK)
    assert secret not in redact(secret)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("DB_PASS=hunter2x", "DB_PASS=" + MARK),
        ("password: hunter22", "password: " + MARK),
        ('api_key = "abc"', 'api_key = "' + MARK + '"'),
        ("postgres://me:pw@host/db", "postgres://me:" + MARK + "@host/db"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer " + MARK),
        ("https://x.y/z?token=abcdefgh&a=1", "https://x.y/z?token=" + MARK),
    ],
)
def test_a_secret_is_recognised_by_what_it_is_assigned_to(text: str, kept: str) -> None:
    assert redact(text).startswith(kept)


@pytest.mark.parametrize(
    "text",
    [
        "Added token: str to login(token=token)",
        "src/auth/tokens.py",
        "renamed secret_name to key_name",
        "started at 1763822983123",
        "commit 4111111111111112 is no card",
        "see https://example.com/a@b",
        "import sk-learn-compatible-estimators",
        "sha256 a4111111111111111f",
    ],
)
def test_prose_about_code_survives(text: str) -> None:
    assert redact(text) == text


def test_members_with_secret_names_lose_their_values_and_the_shape_stays() -> None:
    payload = {
        "password": 'a"b\\c',
        "nested": [{"api_key": "k"}, "ghp_" + "a1" * 18],
        "max_tokens": 5,
        "path": "src/secrets.py",
    }

    assert redact_value(payload) == {
        "password": MARK,
        "nested": [{"api_key": MARK}, MARK],
        "max_tokens": 5,
        "path": "src/secrets.py",
    }


def test_secrets_in_names_are_replaced_and_no_member_is_lost() -> None:
    first, second = "ghp_" + "a1" * 18, "ghp_" + "b2" * 18

    redacted = redact_value({first: 1, second: {first: 2}, "path": "a.py"})

    assert list(redacted.values()) == [1, {f"{MARK} 1": 2}, "a.py"]
    assert first not in json.dumps(redacted)
    assert second not in json.dumps(redacted)


@pytest.mark.parametrize("secret", [*SECRETS, "DB_PASS=hunter2x", "password: hunter22"])
def test_a_secret_in_an_identifier_is_recognised(secret: str) -> None:
    assert holds_secret(f"refactor {secret}")


@pytest.mark.parametrize(
    "identifier",
    [
        "docstring",
        "refactor:src/main.py",
        "token:src/auth2/session.py",
        "secrets:module_12345",
        "4f" + "1" * 38,
        "/home/user/sk-learn-compatible-estimators",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "1763822983123",
    ],
)
def test_an_identifier_as_programs_build_it_holds_none(identifier: str) -> None:
    assert not holds_secret(identifier)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_redacting_keeps_the_structure_of_any_json(value: Any) -> None:
    def shape(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: shape(member) for key, member in part.items()}
        return [shape(item) for item in part] if isinstance(part, list) else type(part)

    redacted = redact_value(value)

    json.dumps(redacted)
    assert shape(redacted) == shape(value)


@given(st.text(string.printable))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.lists(st.sampled_from([*SECRETS, "pass", "TOKEN", "kEY", "=", ": ", '"', "x" * 9, "7"])))
def test_whatever_would_be_redacted_is_worth_a_look(parts: list[str]) -> None:
    text = "".join(parts)

    with patch("djobs_daemon.queue.redaction.may_hold_secret", return_value=True):
        changed = redact(text) != text

    assert may_hold_secret(text) or not changed


HARD_PIECES = [
    *("-", ".", "a.", "_", "eyJ-", "eyJ", "gh", "sk-", "xoxb-", "A", "1", "1 ", "4111 "),
    *("token", "token=", 'token="', "token:", "token: a,", "password", "api-key", "pass'"),
    *("-----BEGIN A", "-----BEGIN PRIVATE KEY-----", "://a:", "://", "authorization: ", "token "),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", HARD_PIECES)
def test_a_text_of_any_kind_costs_in_proportion_to_its_length(piece: str) -> None:
    """A quadratic search takes minutes for these, on the daemon's only loop."""
    text = "key " + piece * (PAYLOAD_BYTES_MAX // len(piece))

    assert len(redact(text)) > 0


@pytest.mark.parametrize(
    "path",
    ["config/secrets.yaml", "./src/auth/token.py", "~/x/.env", "/etc/app/pass.toml", "a.py:3"],
)
def test_a_file_under_a_secret_name_is_kept(path: str) -> None:
    assert redact_value({"secrets": path, "token": path}) == {"secrets": path, "token": path}


@pytest.mark.parametrize(
    "value",
    ["hunter2", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a.b.cd", "next/page", "x.py z"],
)
def test_what_is_no_file_under_a_secret_name_is_replaced(value: str) -> None:
    assert redact_value({"password": value}) == {"password": MARK}


def test_a_secret_in_a_path_is_replaced_all_the_same() -> None:
    secret = "ghp_" + "a1" * 18
    assert secret not in str(redact_value({"token": f"config/{secret}.yaml"}))
