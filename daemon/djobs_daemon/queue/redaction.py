"""Keep secrets out of the ledger: best effort, before anything is stored.

What is recognised by its shape, or by the name it is assigned to, is replaced by a marker that says
so. A secret without either is not found; the ledger is private to the user in any case. Prose about
code ("added token: str") must survive, so an unquoted value counts only where it looks like one.

This runs on the daemon's loop over texts of up to 256 KiB that anybody may choose, so every search
is linear: a match begins at a literal that is rare, looks back a bounded way and never restarts
within what it has read. A test doubles the worst inputs and compares.
"""

import re
from typing import Any

from djobs_daemon.queue.file_names import is_file_name

MARK = "[redacted]"

_NAME_CHARS_MAX = 64
"""How much of a name may stand around the word that makes it a secret's."""

_SECRET_WORD = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|api[_\-]?key|access[_\-]?key|private[_\-]?key"
    r"|credential)s?"
)
_SECRET_NAME = re.compile(rf"{_SECRET_WORD}$", re.IGNORECASE)

_SHAPES = re.compile(
    r"""
    -----BEGIN[ ][A-Z ]{0,40}PRIVATE[ ]KEY-----
        .*?(?:-----END[ ][A-Z ]{0,40}PRIVATE[ ]KEY-----|\Z)
  | (?<![A-Za-z0-9_\-])(?:
        sk-(?=[A-Za-z_\-]{0,64}\d)[A-Za-z0-9_\-]{16,}
      | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_\-]{16,}
      | xox[abeprs]-[A-Za-z0-9\-]{10,} | xapp-[A-Za-z0-9\-]{10,}
      | (?:AKIA|ASIA)[0-9A-Z]{16} | AIza[0-9A-Za-z_\-]{30,} | ya29\.[0-9A-Za-z_\-]{20,}
      | npm_[A-Za-z0-9]{30,} | pypi-[A-Za-z0-9_\-]{30,} | [rs]k_(?:live|test)_[A-Za-z0-9]{16,}
      | eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{5,}
    )
  | (?P<kept>
        (?i:\bauthorization["']?[ \t]{0,8}[:=][ \t]{0,8}["']?(?:bearer|basic)[ \t]{1,8})
            (?=[A-Za-z0-9._~+/=\-]{8})
      | ://[^\s/:@"']{0,64}:(?=[^\s/@"']{1,256}@)
    )[^\s"'@]+
    """,
    re.VERBOSE | re.DOTALL,
)
_ASSIGNED = re.compile(
    rf"""
    {_SECRET_WORD}["']?
    (?:
        (?P<quoted>[ \t]{{0,8}}[:=][ \t]{{0,8}}(?P<quote>["']))(?:(?!(?P=quote)).)+
      | (?P<equals>=)(?!["'\[])[^\s"',;)}}\]]{{6,}}
      | (?P<colon>:(?P<space>[ \t]{{0,8}}))(?=[^\s"',;)}}\]]{{0,256}}\d)[^\s"',;()}}\]\[]{{8,}}
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CARD = re.compile(
    r"(?<![A-Za-z\d.\-])(?:4|5[1-5]|2[2-7]|3[47]|6(?:011|5))\d(?:[ \-]?\d){11,17}(?![A-Za-z\d.])"
)
_TELLTALES = (
    ("", ("pass", "secret", "token", "key", "credential", "authorization")),
    ("", ("akia", "asia", "aiza", "ya29", "eyj")),
    ("-", ("begin ", "sk-", "glpat-", "xox", "xapp-", "pypi-")),
    ("_", ("github_pat_", "npm_", "k_live_", "k_test_")),
    ("gh", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
)
"""One of these is in every text with a secret, case folded; the first of each line says whether
the others are worth looking for. Every payload is looked at: one expression for all of them would
take ten times as long."""
_USER_IN_ADDRESS = re.compile(r"://[^/\s]{0,400}@")
_CARD_DIGITS_MIN = 13
_MANY_DIGITS = re.compile(rf"\d(?:[ \-]?\d){{{_CARD_DIGITS_MIN - 1}}}")
_ALL_BUT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))


def may_hold_secret(text: str) -> bool:
    """Say cheaply whether ``redact`` could find anything; most texts end here."""
    folded = text.casefold()
    for gate, telltales in _TELLTALES:
        if gate in folded:
            for telltale in telltales:
                if telltale in folded:
                    return True
    return _USER_IN_ADDRESS.search(folded) is not None or _may_hold_card(text)


def _may_hold_card(text: str) -> bool:
    # Counting digits takes a tenth of looking for a row of them. There are others than ASCII's.
    if text.isascii():
        digits = text.encode().translate(None, delete=_ALL_BUT_DIGITS)
        if len(digits) < _CARD_DIGITS_MIN:
            return False
    return _MANY_DIGITS.search(text) is not None


def redact(text: str) -> str:
    """Return ``text`` with every recognised secret replaced by ``MARK``."""
    if not may_hold_secret(text):
        return text
    text = _SHAPES.sub(lambda found: (found["kept"] or "") + MARK, text)
    text = _ASSIGNED.sub(_replace_assigned, text)
    return _CARD.sub(_replace_card, text)


def holds_secret(identifier: str) -> bool:
    """Say whether an identifier holds a recognised secret.

    Unlike in prose, ``token:src/a1.py`` is no assignment there: names are built that way.
    """
    if not may_hold_secret(identifier):
        return False
    assignments = _ASSIGNED.finditer(identifier)
    return (
        _SHAPES.search(identifier) is not None
        or any(found["colon"] is None or found["space"] for found in assignments)
        or _CARD.sub(_replace_card, identifier) != identifier
    )


def redact_value(value: Any) -> Any:
    """Return a JSON value with the secrets in its strings and names, and under names, replaced."""
    match value:
        case str():
            return redact(value)
        case dict():
            return _redact_members(value)
        case list():
            return [redact_value(item) for item in value]
        case _:
            return value


def _redact_members(members: dict[str, Any]) -> dict[str, Any]:
    redacted: dict[str, Any] = {}
    for key, member in members.items():
        name = redact(key)
        if name != key:  # two names may become one
            name += f" {len(redacted) + 1}"
        redacted[name] = _redact_member(key, member)
    return redacted


def _redact_member(key: str, member: Any) -> Any:
    if isinstance(member, str) and member and _SECRET_NAME.search(key[-_NAME_CHARS_MAX:]):
        return redact(member) if is_file_name(member) else MARK
    return redact_value(member)


def _replace_assigned(found: re.Match[str]) -> str:
    value = found.end() - found.start()
    kept = found[0][: value - len(_value_of(found))]
    return f"{kept}{MARK}"


def _value_of(found: re.Match[str]) -> str:
    separator = "quoted" if found["quoted"] else "equals" if found["equals"] else "colon"
    return found.string[found.end(separator) : found.end()]


def _replace_card(found: re.Match[str]) -> str:
    digits = [int(character) for character in found[0] if character.isdigit()]
    return MARK if _luhn(digits) else found[0]


def _luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1 annex B: the check digit of a card number."""
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
