"""A deadline ends what takes too long, and nothing else."""

import asyncio
import contextlib

import anyio
import pytest

from djobs_daemon.deadline import FailAfter

SECONDS = 20


async def test_what_takes_too_long_is_cancelled_and_said_to_be_late() -> None:
    with anyio.fail_after(SECONDS), pytest.raises(TimeoutError), FailAfter(0.01):
        await anyio.sleep_forever()
    await anyio.lowlevel.checkpoint()


async def test_what_is_in_time_returns_what_it_returns() -> None:
    async def in_time() -> int:
        with FailAfter(SECONDS):
            await anyio.lowlevel.checkpoint()
            return 7

    assert await in_time() == 7


async def test_an_error_of_the_block_passes() -> None:
    with pytest.raises(KeyError), FailAfter(SECONDS):
        raise KeyError


async def test_a_cancellation_from_outside_is_not_a_timeout() -> None:
    with anyio.CancelScope() as outer:
        with contextlib.suppress(TimeoutError), FailAfter(SECONDS):
            outer.cancel()
            await anyio.sleep_forever()
        pytest.fail("the cancellation was swallowed")
    assert outer.cancelled_caught


async def test_a_task_cancelled_by_the_loop_ends_cancelled() -> None:
    async def wait() -> None:
        with FailAfter(SECONDS):
            await anyio.sleep_forever()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
