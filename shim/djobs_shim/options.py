"""The command line of djobs-mcp."""

USAGE = """\
usage: djobs-mcp [--workspace PATH] [--version] [--help]

Connects an MCP client (an editor, a coding agent) to this user's djobs daemon over
standard input and output, and starts the daemon when there is none. Give this command
to your client as a stdio MCP server; it is of no use in a terminal.

  --workspace PATH  the folder the agent works in; else $DJOBS_WORKSPACE, else the
                    client's own word for it, else the project around the current folder
  --version         print the version
  --help            print this
"""


class UsageError(Exception):
    """The command line is wrong; the text says how."""


def wants(arguments: list[str]) -> str:
    """Return ``"help"``, ``"version"`` or ``"relay"``; raise ``UsageError`` for anything else.

    The arguments of a relay go to the daemon as they are. An empty path is a variable that the
    client's configuration names and that is not set; it counts as none.
    """
    remaining = iter(arguments)
    for argument in remaining:
        if argument in ("--help", "-h"):
            return "help"
        if argument == "--version":
            return "version"
        if argument == "--workspace":
            if next(remaining, None) is None:
                raise UsageError("--workspace needs a path")
        elif not argument.startswith("--workspace="):
            raise UsageError(f"unknown argument {argument!r}")
    return "relay"


def answer(wanted: str) -> str:
    """Return what ``--help`` or ``--version`` prints."""
    if wanted == "help":
        return USAGE
    from djobs_protocol.version import VERSION  # seldom needed

    return f"djobs-mcp {VERSION}\n"
