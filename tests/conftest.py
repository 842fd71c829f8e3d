"""Fixtures every test may use, and the guard that keeps tests away from the user's daemon (R29)."""

import os

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_configure() -> None:
    os.environ["DJOBS_TEST"] = "1"
    os.environ.pop("DJOBS_HOME", None)
