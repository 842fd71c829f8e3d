"""Checks that a job must pass before it succeeds, and the receipt of those that were run."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from djobs_protocol.limits import (
    CHECK_SECONDS_MAX,
    CHECK_TEXT_CHARS_MAX,
    CHECK_WORDS_MAX,
    DIGEST_CHARS,
)

CheckPath: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=CHECK_TEXT_CHARS_MAX)]
"""Relative to the job's workspace; never through a symbolic link."""
CheckWord: TypeAlias = Annotated[str, msgspec.Meta(max_length=CHECK_TEXT_CHARS_MAX)]
CHECK_SECONDS_DEFAULT = 300.0


class Check(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One check: exactly one of ``command``, ``file_exists``, ``sha256`` and ``json_schema``."""

    command: (
        CheckWord | Annotated[list[CheckWord], msgspec.Meta(max_length=CHECK_WORDS_MAX)] | None
    ) = None
    """Passes with exit code 0. A program with its arguments, as a list or a line; no shell, unless
    the type of the job has one. Goes by the rules and the sandbox of shell jobs."""
    cwd: CheckPath | None = None
    """Of a command: a folder of the workspace."""
    file_exists: CheckPath | None = None
    """Passes where a regular file is."""
    path: CheckPath | None = None
    """The file that ``sha256`` or ``json_schema`` is about."""
    sha256: (
        Annotated[str, msgspec.Meta(min_length=DIGEST_CHARS, max_length=DIGEST_CHARS)] | None
    ) = None
    """What the file's content hashes to, in hexadecimal."""
    json_schema: dict[str, Any] | bool | None = None
    """What the file's content, a JSON document, has to be like. Nothing outside it is fetched."""
    timeout_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=CHECK_SECONDS_MAX)] | None = None
    """How long it may take, then it has failed; else ``CHECK_SECONDS_DEFAULT``."""


CheckOutcome: TypeAlias = Literal["passed", "failed", "timed_out", "stopped", "not_run", "unknown"]
"""``not_run``: one before it did not pass, or it could not be begun. ``unknown``: what ran it was
killed before it could say how it ended."""


class CheckResult(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What became of one check."""

    check: str
    """The check, for people: ``command pytest -q``."""
    outcome: CheckOutcome
    exit_code: int | None = None
    """Of the command; 128 and the signal's number where one ended it."""
    output_sha256: str | None = None
    """Of what it printed, as far as that is kept."""
    said: str = ""
    """How it ended, and the end of what it printed."""
    files: dict[str, str] = {}
    """The SHA-256 of the content of each file it was about, as the check saw it."""
    sandbox: str | None = None
    """What confined the command."""


class Receipt(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the daemon found when it ran a job's checks."""

    passed: bool
    checks: list[CheckResult]
    tree: str | None = None
    """A hash over all files of the workspace right after the last check, where a command was one:
    what the verdict is about. Without ``.git``; absent where there are too many."""
    tree_note: str = ""
    """Why there is none."""
