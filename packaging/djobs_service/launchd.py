"""The launchd agent."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from djobs_service.template import filled


def agent(label: str, command: Sequence[str], environment: Mapping[str, str], log: str) -> str:
    """Return the property list of an agent; see launchd.plist(5)."""
    indent = " " * 8
    return filled(
        "launchd.plist",
        name=escape(label),
        command="\n".join(f"{indent}<string>{escape(word)}</string>" for word in command),
        environment="\n".join(
            f"{indent}<key>{escape(name)}</key>\n{indent}<string>{escape(value)}</string>"
            for name, value in environment.items()
        ),
        log=escape(log),
    )
