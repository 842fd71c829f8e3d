"""Which commands a type of work may run: rules over argv arrays. Pure; shell text is never parsed.

A rule is a program and, if it is not about all its uses, patterns of arguments. A deny rule beats
every allow rule, in whichever order they stand. Once there is an allow rule, what none of them
names is refused; without any, all is allowed that is not denied, and then programs that run code
(``sh -c``) run whatever that is: a list of what is denied is a guard rail, not a fence.
"""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from djobs_daemon.queue.shell_wrappers import Inner, Runs, runs
from djobs_protocol.errors import DjobsError, ErrorCode

ANY_MORE: Final = "..."
"""As a rule's last word: any further arguments."""
FOLDERS: Final = (
    *("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"),
    *("/opt/homebrew/bin", "/opt/homebrew/sbin", "/run/current-system/sw/bin"),
)
DEPTH_MAX: Final = 8
"""Programs that run programs inside each other."""


@dataclass(frozen=True)
class Rule:
    """One program and patterns of its arguments: ``*``, ``?`` and ``[…]``, case counts.

    Allowed are exactly so many arguments, each fitting its pattern, in this order; ``...`` at the
    end lets any others follow. Denied is wherever the patterns fit in this order, whatever stands
    before, between and behind. A rule without patterns is about every use.
    """

    program: str
    """A name; an absolute path; or ``./path`` in the workspace."""
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.program, *self.arguments))


@dataclass(frozen=True)
class ShellRules:
    """All rules of a type."""

    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    folders: tuple[str, ...] = FOLDERS
    """Where a name in an allow rule means its program; a command's PATH is chosen by others."""
    allow_shell: bool = False
    """Whether a command may be a line for the shell. Only without rules: none would hold."""


@dataclass(frozen=True)
class Found:
    """Where a program is."""

    path: str
    """Absolute, as it was found on the command's own PATH or named."""
    real: str
    """The same with every link resolved."""


Resolve = Callable[[str], Found | None]
"""Finds a program by what stands in an argv, as starting it would; None when there is none."""


def rule(words: Sequence[str]) -> Rule:
    """Return a rule from its words; ``INVALID_PARAMS`` when it says nothing."""
    program = words[0] if words else ""
    relative = "/" in program and not program.startswith(("/", "./"))
    if not program or relative or ANY_MORE in words[:-1] or "\0" in "".join(words):
        raise DjobsError(
            ErrorCode.INVALID_PARAMS,
            f"{list(words)} is no rule; expected a program (a name, an absolute path, or ./path in "
            f"the workspace), then patterns of its arguments, {ANY_MORE} only at the end.",
        )
    return Rule(program, tuple(words[1:]))


def check_command(argv: Sequence[str], rules: ShellRules, resolve: Resolve, workspace: str) -> None:
    """Refuse a command that the rules do not let through (``COMMAND_REFUSED``, naming the rule).

    What a wrapper (``env``, ``xargs``, ``timeout``, ``find -exec``, ``sudo``) runs is judged, too.
    """
    _judge(Inner(tuple(argv)), rules, resolve, workspace, DEPTH_MAX)


def check_line(rules: ShellRules) -> None:
    """Refuse a line for the shell, unless the type says ``allow_shell`` and has no rules."""
    if not rules.allow_shell:
        raise _refused(
            "This type takes no line for the shell.",
            hint="Give the command as a list: the program, then each argument.",
        )
    if rules.allow or rules.deny:
        raise _refused(
            "This type has rules for commands, and a line for the shell cannot be held to them.",
            hint="Give the command as a list, or remove the type's rules.",
        )


def _judge(command: Inner, rules: ShellRules, resolve: Resolve, workspace: str, depth: int) -> None:
    if not command.argv or not command.argv[0]:
        raise _refused("There is no program to run.")
    if depth == 0:
        raise _refused(f"More than {DEPTH_MAX} programs run each other.")
    program, arguments = command.argv[0], command.argv[1:]
    found = resolve(program)
    told = runs(_names(program, found), arguments, command.more)
    for denied in rules.deny:
        if _is_denied(denied, program, found, workspace) and _fits_within(denied, arguments):
            raise _refused(f"The rule deny {str(denied)!r} refuses {_shown(command)}.")
    if rules.allow and not told.transparent:
        _need_allowed(command, told, found, rules, workspace)
    for inner in told.inner:
        _judge(inner, rules, resolve, workspace, depth - 1)


def _need_allowed(
    command: Inner, told: Runs, found: Found | None, rules: ShellRules, workspace: str
) -> None:
    program, arguments = command.argv[0], command.argv[1:]
    named = [each for each in rules.allow if _is_allowed(each, found, rules, workspace)]
    if not named:
        raise _refused(
            f"No rule allows {program!r}{_why_not(program, found, rules)}.",
            hint=f"Allowed are: {', '.join(str(each) for each in rules.allow[:20])}.",
        )
    fitting = [each for each in named if _fits(each, arguments, command.more)]
    if not fitting:
        raise _refused(
            f"{_shown(command)} is not allowed.",
            hint=f"Of {program!r} these are: {', '.join(str(each) for each in named)}.",
        )
    if told.opaque is not None and not any(_means(each, told.opaque) for each in fitting):
        raise _refused(
            f"{_shown(command)} runs code that cannot be held to the rules.",
            hint=f"Run the program itself, or allow {program!r} with the arguments that are meant.",
        )


def _means(allowed: Rule, opaque: str) -> bool:
    """Say whether a rule lets code run: it must say so, not only let any argument through."""
    return opaque in allowed.arguments if opaque else bool(set(allowed.arguments) - {ANY_MORE})


def _names(program: str, found: Found | None) -> list[str]:
    """Return all that a program may be known by: links have names, too."""
    paths = (program, found.path, found.real) if found else (program,)
    return list(dict.fromkeys(posixpath.basename(path) for path in paths))


def _is_denied(denied: Rule, program: str, found: Found | None, workspace: str) -> bool:
    """Deny by any name and any path that leads to it."""
    if "/" not in denied.program:
        return denied.program in _names(program, found)
    path = _absolute(denied.program, workspace)
    here = {posixpath.normpath(posixpath.join(workspace, program))} if "/" in program else set()
    return path in here | ({found.path, found.real} if found else set())


def _is_allowed(allowed: Rule, found: Found | None, rules: ShellRules, workspace: str) -> bool:
    """Allow by what is found, not by what it is called: a name only where it means its program."""
    if found is None:
        return False
    if "/" in allowed.program:
        return _absolute(allowed.program, workspace) == found.path
    folder, name = posixpath.split(found.path)
    return name == allowed.program and folder in rules.folders


def _why_not(program: str, found: Found | None, rules: ShellRules) -> str:
    if found is None:
        return ", which is not found"
    if any(each.program == posixpath.basename(found.path) for each in rules.allow):
        return f": {found.path} is in none of the type's folders; a rule must name it by its path"
    return ""


def _absolute(program: str, workspace: str) -> str:
    return posixpath.normpath(posixpath.join(workspace, program))


def _fits(allowed: Rule, arguments: Sequence[str], more: bool) -> bool:
    """Say whether all arguments are what a rule allows, those that are not known yet included."""
    patterns = allowed.arguments
    if not patterns:
        return True
    if patterns[-1] == ANY_MORE:
        patterns = patterns[:-1]
        if len(arguments) < len(patterns):
            return False
    elif more or len(arguments) != len(patterns):
        return False
    return all(map(fnmatchcase, arguments, patterns))


def _fits_within(denied: Rule, arguments: Sequence[str]) -> bool:
    """Say whether the patterns fit in their order; greedy is right for a subsequence."""
    left: Iterator[str] = iter(arguments)
    patterns = [each for each in denied.arguments if each != ANY_MORE]
    return all(any(fnmatchcase(word, pattern) for word in left) for pattern in patterns)


def _shown(command: Inner) -> str:
    text = " ".join((*command.argv, *(("…",) if command.more else ())))
    return repr(text if len(text) <= 200 else text[:200] + "…")


def _refused(message: str, **data: str) -> DjobsError:
    return DjobsError(ErrorCode.COMMAND_REFUSED, message, **data)
