"""What a job brings along for its run, as it is typed: a budget, variables."""

import argparse
import os
from typing import Any

UNITS = {"usd": float, "tokens": int, "minutes": float}


def budget(text: str) -> dict[str, Any]:
    """Return ``usd=0.5,tokens=20000`` as the request has it."""
    found: dict[str, Any] = {}
    for each in text.split(","):
        unit, _, amount = each.strip().partition("=")
        try:
            found[unit] = UNITS[unit](amount)
        except (KeyError, ValueError):
            raise argparse.ArgumentTypeError(
                f"{each!r} is no amount; expected usd=N, tokens=N or minutes=N, with commas between"
            ) from None
        if not found[unit] > 0:
            raise argparse.ArgumentTypeError(f"{each!r} is not above 0")
    return found


def variable(text: str) -> tuple[str, str]:
    """Return ``NAME=VALUE``; for ``NAME`` alone its value here."""
    name, is_given, value = text.partition("=")
    if is_given:
        return name, value
    if name not in os.environ:
        raise argparse.ArgumentTypeError(f"{name} is not set here; expected NAME=VALUE")
    return name, os.environ[name]


def secret(text: str) -> tuple[str, None]:
    """Return a name whose value the daemon reads from ``secrets.env``."""
    if "=" in text:
        raise argparse.ArgumentTypeError(
            "expected a name alone: its value stands in secrets.env, and never in a command line"
        )
    return text, None
