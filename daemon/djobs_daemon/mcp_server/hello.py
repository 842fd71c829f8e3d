"""What a shim says first, and what the daemon makes of it."""

import itertools
from typing import Annotated, Any, TypeAlias

import msgspec

from djobs_daemon.mcp_server.catalog import PROFILE_DEFAULT, PROFILES
from djobs_protocol.limits import CORRELATION_CHARS_MAX, NAME_CHARS_MAX

ARGUMENTS_MAX = 64
TOOLS_OPTION = "--tools"
Path: TypeAlias = Annotated[str, msgspec.Meta(max_length=CORRELATION_CHARS_MAX)]
Label: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]


class LinkHello(msgspec.Struct, kw_only=True, frozen=True):
    """The shim's first line. Unknown fields are ignored: a newer shim may say more."""

    link: int
    session: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16,64}$")]
    next: Annotated[int, msgspec.Meta(ge=1)]
    """The number of the first line that was not sent before."""
    resume: int = 0
    """0 for the first connection of this shim, then counting up."""
    build: Label = ""
    pid: int = 0
    ppid: int = 0
    cwd: Path = ""
    args: Annotated[list[Path], msgspec.Meta(max_length=ARGUMENTS_MAX)] = []
    env: Annotated[dict[str, Path], msgspec.Meta(max_length=ARGUMENTS_MAX)] = {}
    last: dict[str, Any] | None = None
    """The welcome of the daemon it talked to before."""
    deaths: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many daemons the first unanswered line has seen end."""
    suspect: tuple[int, int] = (0, 0)
    """A line, and how many daemons in a row ended while they had taken it alone."""
    seqs: list[tuple[int, int]] = []
    """Number and answered-flag of each retained line, which follow this one."""


_decode = msgspec.json.Decoder(LinkHello).decode


def decode_hello(line: bytes) -> LinkHello:
    """Return the hello; raise ``msgspec.MsgspecError`` or ``UnicodeDecodeError`` otherwise."""
    return _decode(line)


def profile_of(hello: LinkHello) -> str:
    """Return the profile of tools that ``--tools``, else ``DJOBS_TOOLS``, names, if it exists."""
    asked = hello.env.get("DJOBS_TOOLS", "")
    for option, value in itertools.pairwise([*hello.args, ""]):
        if option == TOOLS_OPTION:
            asked = value
        elif option.startswith(TOOLS_OPTION + "="):
            asked = option.partition("=")[2]
    return asked if asked in PROFILES else PROFILE_DEFAULT


def stated_agent(hello: LinkHello) -> str | None:
    """Return the agent's name from the shim's environment, cut to its bound."""
    return hello.env.get("DJOBS_AGENT", "")[:NAME_CHARS_MAX] or None
