"""The JSON Schema of the protocol covers every method and holds together."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from djobs_protocol.requests import METHODS
from djobs_protocol.schema import protocol_schema
from djobs_protocol.values import Event
from tests.compatibility.test_frames import FRAMES, frame_name

SCHEMA = protocol_schema()


def test_the_schema_is_valid_and_covers_every_method() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert set(SCHEMA["x-methods"]) == {"hello", *METHODS}
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("frame", FRAMES, ids=frame_name)
def test_the_golden_frames_fit_the_schema(frame: dict[str, Any]) -> None:
    of_method = SCHEMA["x-methods"][frame["method"]]
    for part, value in (
        ("params", frame["request"].get("params", {})),
        ("result", frame["reply"]["result"]),
    ):
        schema = {**of_method[part], "$defs": SCHEMA["$defs"]}
        Draft202012Validator(schema).validate(value)


def test_an_event_of_a_kind_that_only_a_newer_daemon_knows_is_readable() -> None:
    event = {"seq": 1, "at": "2026-11-22T14:00:00Z", "kind": "teleported", "job_id": "j1kt"}
    event |= {"job_type": "x", "correlation_id": "w", "state": "pending", "session": "s"}

    assert msgspec.convert(event, Event).kind == "teleported"
