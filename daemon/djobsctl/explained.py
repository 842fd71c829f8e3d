"""The parser of a command as help, manual and documentation show it: with examples."""

from djobsctl.dispatch import load
from djobsctl.examples import EXAMPLES
from djobsctl.usage import Parser, parser_for


def explained(command: str) -> Parser:
    """Return the parser of a command, its options declared and its examples told."""
    parser = parser_for(command)
    load(command).options(parser)
    lines = EXAMPLES.get(command, ())
    if lines and f"djobsctl {command}" not in (parser.epilog or ""):
        told = "\n".join(["examples:", *(f"  {line}" for line in lines)])
        parser.epilog = f"{told}\n\n{parser.epilog}" if parser.epilog else told
    return parser
