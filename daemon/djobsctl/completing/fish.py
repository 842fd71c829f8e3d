"""The script for fish, 3 or later."""

from collections.abc import Iterator, Sequence
from typing import Final

from djobsctl.completing.model import (
    ANYTHING,
    COMMAND_NAMES,
    FILES,
    FOLDERS,
    JOBS,
    PROGRAMS,
    Command,
    group_help,
    groups,
)


def script(commands: Sequence[Command]) -> str:
    """Return the script; put it into ~/.config/fish/completions/djobsctl.fish, or source it."""
    names = " ".join(_quoted(each.name) for each in commands)
    return "\n".join(
        [
            "# fish completion for djobsctl, written by `djobsctl completion fish`.",
            _CODE.replace("@NAMES@", names),
            *_firsts(commands),
            *(line for each in commands for line in _lines(each)),
            "",
        ]
    )


def _firsts(commands: Sequence[Command]) -> Iterator[str]:
    for first, members in groups(commands).items():
        yield _line("", f"-a {_quoted(first)}", group_help(first, members))
        for each in members:
            if each.words[1]:
                yield _line(first, f"-a {_quoted(each.words[1])}", each.help)


def _lines(command: Command) -> Iterator[str]:
    for option in command.options:
        names = " ".join(
            f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
        )
        yield _line(command.name, f"{names}{_taken(option.values)}", option.help)
    for mark in command.arguments:
        if mark not in (ANYTHING, PROGRAMS):
            yield _line(command.name, _offered((mark,)), "")


def _taken(values: tuple[str, ...]) -> str:
    """Return what an option's value is made of; ``-x``: of nothing else."""
    if not values:
        return ""
    return " -r -F" if values == (FILES,) else f" -x {_offered(values)}".rstrip()


def _offered(values: tuple[str, ...]) -> str:
    known = {
        ANYTHING: "",
        COMMAND_NAMES: f"-a {_quoted(' '.join(('(__djobsctl_firsts)',)))}",
        FILES: "-F",
        FOLDERS: '-a "(__fish_complete_directories)"',
        JOBS: '-a "(__djobsctl_jobs)"',
    }
    return known.get(values[0], f"-a {_quoted(' '.join(values))}")


def _line(command: str, rest: str, text: str) -> str:
    told = f" -d {_quoted(text)}" if text else ""
    return f"complete -c djobsctl -n {_quoted(f'__djobsctl_at {_quoted(command)}')} {rest}{told}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


_CODE: Final = r"""
complete -c djobsctl -f

function __djobsctl_at --argument-names wanted
    set -l words (commandline -opc)
    set -e words[1]
    contains -- -- $words; and return 1
    set words (string match -v -- '-*' $words)
    set -l names @NAMES@
    set -l at ''
    if test (count $words) -ge 2; and contains -- "$words[1] $words[2]" $names
        set at "$words[1] $words[2]"
    else if test (count $words) -ge 1
        set at $words[1]
    end
    test "$at" = "$wanted"
end

function __djobsctl_jobs
    set -l words (commandline -opc)
    $words[1] completion ids 2>/dev/null
end

function __djobsctl_firsts
    string split ' ' -f 1 -- @NAMES@ | sort -u
end
"""
