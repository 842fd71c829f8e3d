"""The man page, in roff as man(7) has it, made from the parsers and the tables."""

from collections.abc import Iterable, Iterator
from typing import Final

from djobs_local.settings_table import SETTINGS
from djobs_protocol.errors import CATALOGUE
from djobsctl.commands.help import EXAMPLES
from djobsctl.commands.table import COMMANDS
from djobsctl.explained import explained
from djobsctl.usage import short_usage

_ESCAPES: Final = str.maketrans(
    {"\\": "\\e", "-": "\\-", "…": "...", "`": "\\(ga", "'": "\\(aq", "^": "\\(ha"} | {"~": "\\(ti"}
)
_FILES: Final = (
    ("~/.local/state/djobs", "Everything of one daemon (Linux), unless DJOBS_HOME says otherwise."),
    ("~/Library/Application Support/djobs", "The same on macOS."),
    ("~/.config/djobs/config.toml", "Settings, types, budgets and limits."),
)


def page() -> str:
    """Return the page. Imports every command."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield r".\" Written by `djobsctl man`; change what it describes instead."
    yield '.TH DJOBSCTL 1 "" djobs "User Commands"'
    yield from _section("NAME", [r"djobsctl \- durable tasks for coding agents"])
    yield from _section("SYNOPSIS", [r".B djobsctl", r".I COMMAND", r".RB [ \-\-json ]", r"\&..."])
    yield from _section("DESCRIPTION", _description())
    yield from _section("COMMANDS", (line for name in COMMANDS for line in _command(name)))
    yield from _section("ENVIRONMENT", _pairs((each.env, each.doc) for each in SETTINGS))
    yield from _section("FILES", _pairs(_FILES))
    yield from _section("EXIT STATUS", _statuses())
    yield from _section("EXAMPLES", _examples(f"{line:<38}# {text}" for line, text in EXAMPLES))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f'.SH "{title}"'
    yield from lines


def _description() -> Iterator[str]:
    yield _text(
        "djobsctl starts and stops the daemon of one user, and asks it: what is left to do, what "
        "became of it, why something waits. It is a client like any other. Most commands start "
        "the daemon when it is absent; status, stop and whatever only looks do not."
    )
    yield ".PP"
    yield _text("--json makes any command print one JSON document instead of text.")


def _command(name: str) -> Iterator[str]:
    parser = explained(name)
    yield f'.SS "{_text(name)}"'
    yield _text(COMMANDS[name])
    yield from (".PP", _text(short_usage(parser)))
    for action in parser._actions:
        told = parser._get_formatter()._expand_help(action) if action.help else ""
        if action.dest in ("json", "help") or told == "==SUPPRESS==" or not told:
            continue
        names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        shown = "" if action.nargs == 0 or not action.option_strings else f" {_value(action)}"
        yield from (".TP", f".B {_text(names + shown)}", _text(told))
    if parser.epilog:
        yield from _examples(parser.epilog.splitlines())


def _value(action: "object") -> str:
    metavar = getattr(action, "metavar", None)
    return str(metavar or getattr(action, "dest", "")).upper()


def _examples(lines: Iterable[str]) -> Iterator[str]:
    yield from (".PP", ".nf")
    yield from (_text(line, keep_blanks=True) for line in lines)
    yield ".fi"


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, told in pairs:
        yield from (".TP", f".B {_text(name)}", _text(told))


def _statuses() -> Iterator[str]:
    yield from _pairs([("0", "It did what was asked."), ("1", "What was asked about is not so.")])
    meanings: dict[int, list[str]] = {}
    for entry in CATALOGUE.values():
        meanings.setdefault(entry.exit, []).append(entry.meaning)
    yield from _pairs(
        (str(status), " ".join(told)) for status, told in sorted(meanings.items()) if status > 1
    )


def _text(text: str, *, keep_blanks: bool = False) -> str:
    """Return text that roff takes for nothing else."""
    line = text if keep_blanks else " ".join(text.split())
    return _guarded(line.translate(_ESCAPES))


def _guarded(line: str) -> str:
    plain = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in line)
    return f"\\&{plain}" if plain[:1] in (".", "'", "") else plain
