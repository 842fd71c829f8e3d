"""``djobsctl bench``: hands over to the benchmarks, which are a part of their own."""

import argparse
import importlib
import importlib.util
from types import ModuleType
from typing import Any

from djobs_protocol.errors import DjobsError, ErrorCode
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

MODULE = "djobsctl.bench.command"
"""Has the same three functions as every command."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmarks' arguments."""
    if importlib.util.find_spec("djobsctl.bench") and importlib.util.find_spec(MODULE):
        _bench().options(parser)


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Run the benchmarks."""
    outcome: Outcome = _bench().run(args, talk)
    return outcome


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the benchmarks' table."""
    return str(_bench().render(document, screen))


def _bench() -> ModuleType:
    try:
        return importlib.import_module(MODULE)
    except ModuleNotFoundError as error:
        raise DjobsError(
            ErrorCode.NOT_SUPPORTED,
            f"This installation has no benchmarks: {error}.",
            hint="Install djobs with its test extra: pip install 'djobs[test]'.",
        ) from None
