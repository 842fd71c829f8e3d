"""Which variables of a command must not reach the program that confines it. Pure.

That program starts outside. A variable that makes its loader, its shell or its interpreter execute
something of the command's would be a way around all it does. Such variables are given to the
command by the first step inside instead.
"""

from collections.abc import Mapping
from typing import Final

_LOADER: Final = frozenset(
    # what glibc itself removes for a set-uid program: sysdeps/generic/unsecvars.h
    {
        *("GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH"),
        *("NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS", "TMPDIR", "TZDIR"),
    }
)
_SHELL: Final = frozenset({"CDPATH", "ENV", "IFS", "OLDPWD", "PS4", "SHELLOPTS"})
_PREFIXES: Final = ("LD_", "DYLD_", "MALLOC_", "BASH", "NODE_", "SRT_", "CLAUDE_")


def acts_outside(name: str) -> bool:
    """Say whether a variable could make a confining program do what a command wants."""
    return name in _LOADER or name in _SHELL or name.startswith(_PREFIXES)


def divided(
    environ: Mapping[str, str], kept_inside: frozenset[str] = frozenset()
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables for the confining program, and those that are only set inside.

    Those are seen in the list of processes. They are names of files and options.
    """
    inner = {
        name: value for name, value in environ.items() if acts_outside(name) or name in kept_inside
    }
    return {name: value for name, value in environ.items() if name not in inner}, inner
