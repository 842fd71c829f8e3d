"""``djobsctl schema``: the JSON Schema of the whole protocol."""

import argparse
import json
from typing import Any

from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk


def options(parser: argparse.ArgumentParser) -> None:
    """Declare no further arguments."""


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Generate the schema from the message types; needs no daemon."""
    from djobs_protocol.schema import protocol_schema

    return Outcome({"protocol": protocol_schema()})


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the schema itself, without an envelope, ready for a file."""
    return json.dumps(document["protocol"], indent=2)
