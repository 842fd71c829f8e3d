"""Fixtures of the machine-local tests."""

from collections.abc import Iterator

import pytest

from tests.local.place import Place, new_place


@pytest.fixture
def place() -> Iterator[Place]:
    with new_place() as made:
        yield made
