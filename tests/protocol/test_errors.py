"""One code, one number, one exit status, through every door."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_protocol.errors import CATALOGUE, DjobsError, ErrorCode


def test_every_code_is_in_the_catalogue_with_a_number_of_its_own() -> None:
    assert set(CATALOGUE) == set(ErrorCode)
    numbers = [entry.rpc for entry in CATALOGUE.values()]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("code", list(ErrorCode))
def test_an_error_survives_the_wire(code: ErrorCode) -> None:
    sent = DjobsError(code, "What happened.", limit=3)

    received = DjobsError.from_wire(json.loads(json.dumps(sent.as_wire())))

    assert (received.code, received.message, received.data["limit"]) == (code, "What happened.", 3)
    assert received.hint == sent.hint
    assert 1 <= received.exit_status <= 125


def test_an_error_of_a_newer_daemon_is_still_an_error() -> None:
    newer = {"code": -32999, "message": "Something new.", "data": {"code": "from_the_future"}}

    received = DjobsError.from_wire(newer)

    assert received.code is ErrorCode.INTERNAL
    assert received.message == "Something new."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
DATA = JSON | st.dictionaries(st.sampled_from(["code", "message", "self", "hint"]), JSON)


@given(st.fixed_dictionaries({}, optional={"code": JSON, "message": JSON, "data": DATA}))
def test_whatever_an_error_object_holds_is_read_as_an_error(received: dict[str, Any]) -> None:
    error = DjobsError.from_wire(received)
    assert error.exit_status
    assert isinstance(error.hint, str)
