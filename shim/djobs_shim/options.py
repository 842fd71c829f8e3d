"""The command line of djobs-mcp."""

USAGE = """\
usage: djobs-mcp [--workspace PATH] [--tools core|full] [--version] [--help]

Connects an MCP client (an editor, a coding agent) to this user's djobs daemon over
standard input and output, and starts the daemon when there is none. Give this command
to your client as a stdio MCP server; it is of no use in a terminal.

  --workspace PATH  the folder the agent works in; else $DJOBS_WORKSPACE, else the
                    client's own word for it, else the project around the current folder
  --tools PROFILE   core: the eight tools of a durable task list (the default); full: also
                    those for several agents that share work; else $DJOBS_TOOLS
  --version         print the version
  --help            print this
"""


PROFILES = ("core", "full")


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
        option, given, value = argument.partition("=")
        if option not in ("--workspace", "--tools"):
            raise UsageError(f"unknown argument {argument!r}")
        found = value if given else next(remaining, None)
        if found is None:
            raise UsageError(f"{option} needs a value")
        if option == "--tools" and found not in PROFILES:
            raise UsageError(f"--tools is {found!r}; expected is one of {', '.join(PROFILES)}")
    return "relay"


def answer(wanted: str) -> str:
    """Return what ``--help`` or ``--version`` prints."""
    if wanted == "help":
        return USAGE
    from djobs_protocol.version import VERSION  # seldom needed

    return f"djobs-mcp {VERSION}\n"
