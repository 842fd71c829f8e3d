"""Programs that run other programs, and which: from an argv, never from shell text. Pure.

There is no complete list: git, make, tar and an editor can be talked into running anything. Here
are those whose purpose it is, or that do it by an option everybody knows.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Inner:
    """What a program is told to run."""

    argv: tuple[str, ...]
    more: bool = False
    """Arguments that are not known yet will be added."""


@dataclass(frozen=True)
class Runs:
    """What a wrapper does, given its arguments."""

    inner: tuple[Inner, ...] = ()
    transparent: bool = False
    """It does nothing itself: the inner program is what counts."""
    opaque: str | None = None
    """It runs code that cannot be judged; the argument that says so, or ""."""


_NOTHING: Final = Runs()


@dataclass(frozen=True)
class _Prefix:
    """``wrapper [options] [positionals] program [arguments]``."""

    valued: frozenset[str] = frozenset()
    """Options whose value is the next argument."""
    flags: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    """Options that change what is run, or do something else than running."""
    positionals: int = 0
    transparent: bool = False
    more: bool = False

    def __call__(self, arguments: Sequence[str]) -> Runs:
        index = 0
        while index < len(arguments) and arguments[index].startswith("-"):
            option = arguments[index]
            index += 1
            if option == "--":
                break
            name = option.partition("=")[0]
            if name in self.opaque:
                return Runs(self._rest(arguments[index:]), opaque=option)
            if option in self.valued:
                index += 1
            elif not (name in self.valued or name in self.flags or self._attached(option)):
                return Runs(self._rest(arguments[index:]), opaque=option)
        rest = arguments[index + self.positionals :]
        return Runs(self._rest(rest), self.transparent) if rest else _NOTHING

    def _attached(self, option: str) -> bool:
        """Say whether a short option has its value in the same argument: ``-n5``."""
        return not option.startswith("--") and option[:2] in self.valued

    def _rest(self, rest: Sequence[str]) -> tuple[Inner, ...]:
        return (Inner(tuple(rest), self.more),) if rest else ()


def _options(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_ENV: Final = _Prefix(
    valued=_options("-u --unset"),
    flags=_options("-i - --ignore-environment -v --debug -0 --null"),
    opaque=_options("-S --split-string -C --chdir"),
    transparent=True,
)


def _env(arguments: Sequence[str]) -> Runs:
    """Take an assignment for code: a variable can make any program do anything."""
    runs = _ENV(arguments)
    if not runs.inner:
        return runs
    argv = runs.inner[0].argv
    count = next((n for n, word in enumerate(argv) if not _ASSIGNMENT.match(word)), len(argv))
    rest = (Inner(argv[count:]),) if argv[count:] else ()
    opaque = argv[0] if count and rest else runs.opaque
    return Runs(rest, transparent=opaque is None and bool(rest), opaque=opaque)


def _sudo(arguments: Sequence[str]) -> Runs:
    runs = _SUDO(arguments)
    if runs.inner and _ASSIGNMENT.match(runs.inner[0].argv[0]):
        return Runs(_env(runs.inner[0].argv).inner, opaque=runs.inner[0].argv[0])
    return runs


_SUDO: Final = _Prefix(
    valued=_options("-u --user -g --group -h --host -p --prompt -C -D --chdir -R -T -U -r -t"),
    flags=_options("-n --non-interactive -E -H -k -S -b -A -P -B"),
    opaque=_options("-e --edit -s --shell -i --login"),
)


def _find(arguments: Sequence[str]) -> Runs:
    return Runs(tuple(_executed(arguments)))


def _executed(arguments: Sequence[str]) -> Iterator[Inner]:
    words = iter(arguments)
    for word in words:
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            argv: list[str] = []
            for each in words:
                if each == ";" or (each == "+" and argv[-1:] == ["{}"]):
                    break
                argv.append(each)
            if argv:
                yield Inner(tuple(each for each in argv if each != "{}"), more="{}" in argv)


def _code(letters: str, words: tuple[str, ...] = ()) -> Callable[[Sequence[str]], Runs]:
    """Return what finds code given as an argument: by a letter among short options, or a word.

    All arguments are looked at, those of a script as well: which of them an option takes for its
    value would have to be known for each program (``bash -o pipefail -c``, ``python -W -- -c``).
    """

    def runs(arguments: Sequence[str]) -> Runs:
        for word in arguments:
            short = word.startswith(("-", "+")) and not word.startswith("--")
            if word.partition("=")[0] in words or (short and set(word[1:]) & set(letters)):
                return Runs(opaque=word)
        return _NOTHING

    return runs


_shell: Final = _code("cC", ("--command", "--init-command", "--rcfile", "--init-file"))


def _anything(arguments: Sequence[str]) -> Runs:
    return Runs(opaque="")


def _busybox(arguments: Sequence[str]) -> Runs:
    """Its programs are not those of the same name that are found on PATH."""
    return Runs((Inner(tuple(arguments)),), opaque="") if arguments else _NOTHING


_PLAIN: Final = _Prefix(transparent=True)
_TABLE: Final[dict[str, Callable[[Sequence[str]], Runs]]] = {
    "env": _env,
    "nohup": _PLAIN,
    "command": _PLAIN,
    "nice": _Prefix(_options("-n --adjustment"), transparent=True),
    "timeout": _Prefix(
        _options("-s --signal -k --kill-after"),
        _options("--preserve-status --foreground -v --verbose -p -f"),
        positionals=1,
        transparent=True,
    ),
    "time": _Prefix(flags=_options("-p -v --verbose"), transparent=True),
    "stdbuf": _Prefix(_options("-i -o -e --input --output --error"), transparent=True),
    "setsid": _Prefix(flags=_options("-c -f -w --ctty --fork --wait"), transparent=True),
    "ionice": _Prefix(
        _options("-c -n --class --classdata"), _options("-t --ignore"), transparent=True
    ),
    "taskset": _Prefix(flags=_options("-c --cpu-list"), positionals=1, transparent=True),
    "xargs": _Prefix(
        _options("-I -n -P -L -d -E -s --max-args --max-procs --max-lines --delimiter --replace"),
        _options("-0 --null -r --no-run-if-empty -t --verbose -x --exit"),
        _options("-a --arg-file"),
        transparent=True,
        more=True,
    ),
    "sudo": _sudo,
    "doas": _Prefix(_options("-u"), _options("-n"), _options("-s -C")),
    "pkexec": _Prefix(_options("-u --user"), _options("--disable-internal-agent")),
    "chroot": _Prefix(_options("--userspec --groups"), positionals=1),
    "flock": _Prefix(
        _options("-w --timeout -E --conflict-exit-code"),
        _options("-n --nonblock -s --shared -x --exclusive -o --close -e -u"),
        _options("-c --command"),
        positionals=1,
    ),
    "strace": _Prefix(_options("-e -s -P -a -b -I -O -S -u -E"), _options("-f -ff -q -v -y -c -C")),
    "find": _find,
    "busybox": _busybox,
    "toybox": _busybox,
    **dict.fromkeys(("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "csh"), _shell),
    **dict.fromkeys(("python", "pypy"), _code("c")),
    "perl": _code("eE"),
    "ruby": _code("e"),
    "lua": _code("e"),
    "node": _code("ep", ("--eval", "--print")),
    "bun": _code("ep", ("--eval", "--print")),
    "php": _code("rBRE", ("--run",)),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _anything),
    **dict.fromkeys(("su", "runuser", "ssh", "watch", "script", "parallel", "expect"), _anything),
    **dict.fromkeys(("unshare", "nsenter", "setpriv", "systemd-run", "at", "batch"), _anything),
    **dict.fromkeys(("docker", "podman", "kubectl", "gdb", "eval", "exec"), _anything),
}
_VERSION: Final = re.compile(r"-?[\d.]+$")


def runs(names: Sequence[str], arguments: Sequence[str], more: bool = False) -> Runs:
    """Return what a program, by any of its names, runs with these arguments, and perhaps more."""
    for name in names:
        wrapper = _TABLE.get(name) or _TABLE.get(_VERSION.sub("", name))
        if wrapper is not None:
            told = wrapper(arguments)
            if more and not told.inner:  # what is run is among those that are not known
                return Runs(opaque=told.opaque or "")
            inner = tuple(Inner(each.argv, each.more or more) for each in told.inner)
            return Runs(inner, told.transparent, told.opaque)
    return _NOTHING
