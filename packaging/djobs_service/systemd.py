"""The systemd user unit."""

import re
from collections.abc import Mapping, Sequence

from djobs_service.template import filled


def unit(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the unit that runs a command, whose first word is an absolute path.

    systemd takes no program with quotes or backslashes in its path; env(1) takes any.
    """
    awkward = re.search(r"[\"'\\]", command[0])
    words = ["/usr/bin/env", *command] if awkward else command
    return filled(
        "systemd.service",
        command=" ".join(_word(each).replace("$", "$$") for each in words),
        environment="\n".join(
            f"Environment={_word(f'{name}={value}')}" for name, value in environment.items()
        ),
    )


def _word(text: str) -> str:
    """Return one word as systemd.syntax(7) and systemd.unit(5), "Specifiers", ask."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{text!r} has a control character")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    quoted = f'"{escaped}"' if escaped != text or re.search(r"[\s';]", text) else text
    return quoted.replace("%", "%%")
