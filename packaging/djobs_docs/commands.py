"""Every command of ``djobsctl``, as its own help explains it."""

from djobs_docs.markdown import table
from djobsctl.commands.table import COMMANDS
from djobsctl.explained import explained


def page() -> str:
    """Return the page."""
    overview = [[f"[`{name}`](#{_anchor(name)})", text] for name, text in COMMANDS.items()]
    return (
        INTRODUCTION
        + table(["command", "what it is for"], overview)
        + "".join(map(_help, COMMANDS))
    )


def _anchor(command: str) -> str:
    return command.replace(" ", "-")


def _help(command: str) -> str:
    return f"\n## {command}\n\n```text\n{explained(command).format_help().rstrip()}\n```\n"


INTRODUCTION = """# Commands

What `djobsctl help COMMAND` prints, all of it on one page. How commands behave together, what
they exit with and what their documents hold is explained in [the guide to
djobsctl](../djobsctl.md).

"""
