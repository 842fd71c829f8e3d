"""The checks of a job: what may be asked, how they are stored, what they are called. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from djobs_daemon.queue.redaction import holds_secret, may_hold_secret
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.evidence import CHECK_SECONDS_DEFAULT, Check
from djobs_protocol.limits import CHECKS_BYTES_MAX

KINDS: Final = ("command", "file_exists", "sha256", "json_schema")
ABOUT_A_PATH: Final = ("sha256", "json_schema")
NAME_CHARS_MAX: Final = 120
"""Of a check's name in receipts and refusals."""
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Check]).decode


def stored_checks(checks: Sequence[Check]) -> str | None:
    """Return checks as they are stored, None for none.

    ``INVALID_PARAMS`` says which check is none, or holds a secret, which would be stored with it;
    ``TOO_LARGE`` when all are over ``CHECKS_BYTES_MAX``.
    """
    if not checks:
        return None
    for position, check in enumerate(checks):
        _require_sound(check, f"verify[{position}]")
    encoded = _encode([_normal(each) for each in checks])
    if len(encoded) > CHECKS_BYTES_MAX:
        raise DjobsError(
            ErrorCode.TOO_LARGE,
            f"verify is {len(encoded)} bytes of JSON; the limit is {CHECKS_BYTES_MAX} "
            "(CHECKS_BYTES_MAX).",
            limit=CHECKS_BYTES_MAX,
        )
    text = encoded.decode()
    if may_hold_secret(text) and holds_secret(text):
        raise _wrong("verify", "holds what looks like a secret, and checks are stored as they are")
    return text


def checks_of(stored: str | None) -> list[Check]:
    """Return the checks of a job."""
    return [] if stored is None else _decode(stored)


def kind_of(check: Check) -> str:
    """Return which of ``KINDS`` a sound check is."""
    return next(kind for kind in KINDS if getattr(check, kind) is not None)


def name_of(check: Check) -> str:
    """Return a check as people and agents read it."""
    kind = kind_of(check)
    if kind == "command":
        words = check.command if isinstance(check.command, str) else " ".join(check.command or ())
        return _clipped(f"command {words}")
    return _clipped(f"{kind} {check.file_exists or check.path}")


def timeout_ms(check: Check) -> int:
    """Return how long a check may take."""
    return round((check.timeout_seconds or CHECK_SECONDS_DEFAULT) * 1000)


def _clipped(name: str) -> str:
    return name if len(name) <= NAME_CHARS_MAX else f"{name[: NAME_CHARS_MAX - 1]}…"


def _normal(check: Check) -> Check:
    if check.sha256 is None:
        return check
    return msgspec.structs.replace(check, sha256=check.sha256.lower())


def _require_sound(check: Check, where: str) -> None:
    named = [kind for kind in KINDS if getattr(check, kind) is not None]
    if len(named) != 1:
        said = f"has {' and '.join(named)}" if named else "has none of its kinds"
        raise _wrong(where, f"{said}; expected exactly one of {', '.join(KINDS)}")
    (kind,) = named
    if (kind in ABOUT_A_PATH) != (check.path is not None):
        more = "needs a path" if kind in ABOUT_A_PATH else "has a path, which is for a file's check"
        raise _wrong(where, f"{more}; {kind} was given")
    if check.cwd is not None and kind != "command":
        raise _wrong(
            where,
            f"has a cwd, which only a command has; paths of {kind} are relative to the workspace",
        )
    if check.sha256 is not None and not _HEXADECIMAL.issuperset(check.sha256.lower()):
        raise _wrong(where, "has a sha256 that is no hexadecimal number of 64 digits")
    if kind == "command" and not check.command:
        raise _wrong(where, "has an empty command")


def _wrong(where: str, what: str) -> DjobsError:
    return DjobsError(ErrorCode.INVALID_PARAMS, f"{where} {what}. Nothing was enqueued.")
