"""What the tests of LLM jobs share."""

import os
from pathlib import Path

import pytest

from tests.llm.child import Place, environment, need_sdks


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return the empty folders of one job, on a machine that can ask models, but none outside."""
    need_sdks()
    place = Place.below(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AWS_", "OPENAI_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    for name, value in environment(place.folder).items():
        monkeypatch.setenv(name, value)
    return place
