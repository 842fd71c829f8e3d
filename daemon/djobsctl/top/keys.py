"""What a terminal sends for keys, as names. Pure."""

from typing import Final

NAMES: Final = {
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"\x1b[B": "down",
    b"\x1bOB": "down",
    b"\x1b[5~": "page_up",
    b"\x1b[6~": "page_down",
    b"\x1b[H": "home",
    b"\x1bOH": "home",
    b"\x1b[1~": "home",
    b"\x1b[F": "end",
    b"\x1bOF": "end",
    b"\x1b[4~": "end",
    b"\r": "enter",
    b"\n": "enter",
    b"\x7f": "backspace",
    b"\x08": "backspace",
    b"\x1b": "escape",
    b"\x04": "quit",
    b"\x15": "clear",
}
_LONGEST: Final = max(map(len, NAMES))


def keys_of(typed: bytes) -> list[str]:
    """Return the keys in what was read; a sequence that nobody knows is left out whole."""
    found = []
    while typed:
        name, used = _first(typed)
        if name:
            found.append(name)
        typed = typed[used:]
    return found


def _first(typed: bytes) -> tuple[str, int]:
    for length in range(min(_LONGEST, len(typed)), 0, -1):
        name = NAMES.get(typed[:length])
        if name and (name != "escape" or len(typed) == 1):
            return name, length
    if typed[:1] == b"\x1b" and typed[1:2] in (b"[", b"O"):
        return "", _length_of_sequence(typed)
    if typed[:1] == b"\x1b":
        return "escape", 1  # and what was typed right after it
    return _character(typed)


def _length_of_sequence(typed: bytes) -> int:
    """Return the length of an unknown sequence: up to the letter or tilde that ends it."""
    for place, byte in enumerate(typed[2:], 3):
        if 0x40 <= byte <= 0x7E:
            return place
    return len(typed)


def _character(typed: bytes) -> tuple[str, int]:
    for length in range(1, 5):
        try:
            text = typed[:length].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return (text if text.isprintable() else ""), length
    return "", 1
