"""Which variables a command has: the submitter's, by a list of what is wanted. Pure.

Twice a list decides: of the submitter's variables, only what is listed is captured and stored with
the job (``captured``); and a command gets that, what the job itself was given, and what says whose
job it is, but nothing of the daemon's own (``environment``).

A variable whose name sounds like a secret is captured only if a list has exactly its name; a
pattern does not reach it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from djobs_protocol.errors import DjobsError, ErrorCode

OWN_PREFIX: Final = "DJOBS_"
"""Names that are said by djobs and never inherited: a job's job is another one (R53)."""
JOB: Final = "DJOBS_JOB"
INSTANCE: Final = "DJOBS_INSTANCE"
DEPTH: Final = "DJOBS_DEPTH"

DEPTH_MAX: Final = 20
"""Jobs that submit jobs, inside each other; a job that submits itself ends here."""
VARIABLES_MAX: Final = 200
BYTES_MAX: Final = 64 * 1024
"""Of all that is captured, names and values."""

_SHELL: Final = ("HOME", "LOGNAME", "PATH", "SHELL", "USER")
_LANGUAGE: Final = ("LANG", "LANGUAGE", "LC_*", "TZ")
_OUTPUT: Final = ("COLORTERM", "FORCE_COLOR", "NO_COLOR", "TERM")
_FOLDERS: Final = ("TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
_TOOLS: Final = (
    *(
        "CARGO_HOME",
        "GOBIN",
        "GOPATH",
        "GOROOT",
        "JAVA_HOME",
        "NVM_DIR",
        "PYENV_ROOT",
        "RUSTUP_HOME",
    ),
    *("CONDA_PREFIX", "VIRTUAL_ENV", "EDITOR", "PAGER", "CI"),
)
_CERTIFICATES: Final = (
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)

DEFAULT: Final = (*_SHELL, *_LANGUAGE, *_OUTPUT, *_FOLDERS, *_TOOLS, *_CERTIFICATES)
"""What a command needs to find its programs and speak its user's language. No proxies: their
addresses have passwords in them. No editor: nobody is there to use it."""

_SECRET: Final = re.compile(
    r"(^|_)pass(_|$)|pass(wd|word|phrase)|(^|_)pw(_|$)|pwd_|secret|token|credential|cookie|(^|_)auth(_|$)"
    r"|api_?key|(access|private|secret|signing|encryption|ssh|gpg|account|master)_?key|_keys?$|^key$"
    r"|(^|_)dsn$|(database|db|redis|mongo|amqp|postgres|mysql|broker)\w*_(url|uri)$"
    r"|conn(ection)?_?str|_proxy$|^(pgpass|netrc)",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATTERN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*?")


@dataclass(frozen=True)
class Policy:
    """Which of a submitter's variables are captured for a type of work."""

    wanted: tuple[str, ...] = DEFAULT
    """Names, and beginnings of names with ``*`` behind."""

    def __post_init__(self) -> None:
        for pattern in self.wanted:
            if not _PATTERN.fullmatch(pattern):
                raise _wrong(
                    f"{pattern!r} is no variable; expected a name, or its beginning and a *."
                )
            if pattern.startswith(OWN_PREFIX):
                raise _wrong(f"{pattern} is said by djobs itself and never inherited.")


@dataclass(frozen=True)
class Identity:
    """Whose job a command is of."""

    job: str
    instance: str
    """The daemon's own id of this start."""
    depth: int
    """1 for a job that no job submitted."""


def is_secret(name: str) -> bool:
    """Say whether a variable's name sounds like a secret. Best effort."""
    return _SECRET.search(name) is not None


def captured(submitter: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """Return the submitter's variables that are stored with a job, by name.

    ``DjobsError(TOO_LARGE)`` when they are too many or too long.
    """
    kept = {
        name: value
        for name, value in sorted(submitter.items())
        if _NAME.fullmatch(name) and _is_value(value) and is_wanted(name, policy)
    }
    _check_size(kept)
    return kept


def is_wanted(name: str, policy: Policy) -> bool:
    """Say whether a list has a variable; a pattern does not reach what sounds like a secret."""
    if name.startswith(OWN_PREFIX):
        return False
    if name in policy.wanted:
        return True
    beginnings = tuple(each[:-1] for each in policy.wanted if each.endswith("*"))
    return name.startswith(beginnings) and not is_secret(name)


def _is_value(value: str) -> bool:
    """Say whether a command can be given it; what the system gave as bytes is kept as it is."""
    try:
        return b"\0" not in value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def given(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what a job sets by itself, checked: ``INVALID_PARAMS`` for what cannot be a variable.

    Secrets among them are the job's own word: they are stored, and kept out of what is shown.
    """
    for name, value in variables.items():
        if not _NAME.fullmatch(name):
            raise _wrong(f"{name!r} is no name of a variable.")
        if not _is_value(value):
            raise _wrong(f"{name} has a value that no variable can have: a NUL, or no Unicode.")
        if name.startswith(OWN_PREFIX):
            raise _wrong(f"{name} is said by djobs itself.")
    _check_size(variables)
    return dict(variables)


def environment(
    stored: Mapping[str, str],
    own: Mapping[str, str],
    identity: Identity,
    fallback: Mapping[str, str],
) -> dict[str, str]:
    """Return all variables of a command: captured, then the job's own, then whose it is.

    ``fallback`` has what a command cannot do without (PATH, HOME) where nothing was captured, as
    for a job of a schedule; only names of ``DEFAULT`` are taken from it.
    """
    usual = captured(fallback, Policy())
    merged = {**usual, **stored, **own}
    clean = {name: value for name, value in merged.items() if not name.startswith(OWN_PREFIX)}
    return {
        **clean,
        JOB: identity.job,
        INSTANCE: identity.instance,
        DEPTH: str(identity.depth),
    }


def depth_below(submitter: int) -> int:
    """Return the depth of a job that is submitted out of one of depth ``submitter``, or 0 (R53).

    ``DjobsError(INVALID_PARAMS)`` beyond ``DEPTH_MAX``.
    """
    if submitter >= DEPTH_MAX:
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"It is submitted out of a job that lies {submitter} deep in others; {DEPTH_MAX} is "
            "the most. Nothing was enqueued.",
            hint="Let the first of them submit all, or find the one that submits itself.",
            limit=DEPTH_MAX,
        )
    return submitter + 1


def shown(variables: Mapping[str, str], mark: str) -> dict[str, str]:
    """Return variables for people and logs: ``mark`` in the place of what sounds like a secret."""
    return {name: mark if is_secret(name) else value for name, value in variables.items()}


def _check_size(variables: Mapping[str, str]) -> None:
    size = _bytes(variables)
    if len(variables) > VARIABLES_MAX or size > BYTES_MAX:
        raise DjobsError(
            ErrorCode.TOO_LARGE,
            f"{len(variables)} variables of {size} bytes are over {VARIABLES_MAX} of {BYTES_MAX}.",
            hint="Give large values in a file.",
        )


def _bytes(variables: Mapping[str, str]) -> int:
    texts: Iterable[str] = (text for pair in variables.items() for text in pair)
    return sum(len(text.encode("utf-8", "surrogateescape")) for text in texts)


def _wrong(message: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, message)
