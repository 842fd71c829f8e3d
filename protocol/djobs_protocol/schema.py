"""The JSON Schema of the whole protocol, generated from the message types."""

from typing import Any

import msgspec

from djobs_protocol.daemon_replies import Welcome
from djobs_protocol.daemon_requests import Hello
from djobs_protocol.errors import CATALOGUE
from djobs_protocol.limits import FRAME_BYTES_MAX
from djobs_protocol.reading_replies import EventNotice
from djobs_protocol.replies import REPLIES
from djobs_protocol.requests import EVENTS_METHOD, HELLO_METHOD, METHODS
from djobs_protocol.states import TRANSITIONS
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN


def protocol_schema() -> dict[str, Any]:
    """Return a JSON Schema 2020-12 document with every message, error code and transition."""
    pairs: dict[str, tuple[type, type]] = {HELLO_METHOD: (Hello, Welcome)}
    pairs |= {method: (request, REPLIES[request]) for method, request in METHODS.items()}
    types = [*(each for pair in pairs.values() for each in pair), EventNotice]
    references, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    methods = {
        method: {"params": references[2 * index], "result": references[2 * index + 1]}
        for index, method in enumerate(pairs)
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "djobs RPC",
        "description": "JSON-RPC 2.0, one object per line, over the user's socket.",
        "x-protocol": [PROTOCOL_MIN, PROTOCOL_MAX],
        "x-frame-bytes-max": FRAME_BYTES_MAX,
        "x-methods": methods,
        "x-notifications": {EVENTS_METHOD: references[-1]},
        "x-errors": {
            str(code): {"code": entry.rpc, "exit": entry.exit, "meaning": entry.meaning}
            for code, entry in CATALOGUE.items()
        },
        "x-transitions": {
            str(state): {str(event): str(target) for event, target in moves.items()}
            for state, moves in TRANSITIONS.items()
        },
        "$defs": definitions,
    }
