"""An order that cannot be executed is refused before anything is written."""

import json
from typing import Any

import msgspec
import pytest

from djobs_daemon.executors.orders import Limits, Order
from djobs_local import run_folder
from djobs_runner.launch import LIMITS

GOOD = Order(("true",), "/", {"A": "b"})


@pytest.mark.parametrize(
    "change",
    [
        {"argv": ()},
        {"argv": ("",)},
        {"argv": ("a\0b",)},
        {"cwd": "relative"},
        {"cwd": ""},
        {"stdin": "relative"},
        {"env": {"A=B": "c"}},
        {"env": {"": "c"}},
        {"env": {"A": "\0"}},
        {"umask": 0o1777},
        {"max_duration_ms": 0},
        {"grace_ms": -1},
        {"log_head_bytes": -1},
        {"limits": Limits(cpu_seconds=-1)},
        {"env": {"A": "x" * run_folder.ORDER_BYTES_MAX}},
    ],
)
def test_what_cannot_be_executed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        msgspec.structs.replace(GOOD, **change).encode()


def test_an_order_is_plain_json_with_every_field() -> None:
    written = json.loads(GOOD.encode())
    assert written.keys() == set(GOOD.__struct_fields__)
    assert written["argv"] == ["true"]
    assert written["env"] == {"A": "b"}
    assert msgspec.convert(written, Order) == GOOD


def test_the_runner_knows_every_limit() -> None:
    assert LIMITS.keys() == set(Limits.__struct_fields__)
