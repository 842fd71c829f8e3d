"""The thread in which a start blocks."""

import os

import pytest

from djobs_shim import starting


def test_a_thread_that_cannot_begin_leaves_no_descriptor_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", refuse)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(RuntimeError):
        starting.Starter("/nonexistent")
    assert os.listdir("/proc/self/fd") == before
