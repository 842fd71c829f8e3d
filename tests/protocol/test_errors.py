"""One code, one number, one exit status, through every door."""

import json

import pytest

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
