"""Every attempt to escape works without a sandbox, and is refused from its level on."""

from pathlib import Path

import pytest

from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.unconfined import Unconfined
from tests.harness import needs
from tests.sandbox.attempts import ATTEMPTS, Attempt, table
from tests.sandbox.conftest import provided
from tests.sandbox.scene import Scene

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
UNDER = [
    ("bubblewrap", Level.WRITE),
    ("bubblewrap", Level.WRITE_NETWORK),
    ("srt", Level.WRITE_NETWORK),
]

each_attempt = pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)


def prepare(scene: Scene, attempt: Attempt) -> None:
    if attempt.listener:
        scene.listen_at(attempt.listener)


@each_attempt
def test_without_a_sandbox_the_attempt_works(attempt: Attempt, scene: Scene) -> None:
    needs.linux("the attempts are Linux'")
    prepare(scene, attempt)
    scene.attempt(Unconfined(), Level.NONE, attempt.program)
    assert attempt.worked(scene)


@pytest.mark.parametrize(("name", "level"), UNDER, ids=lambda value: str(value))
@each_attempt
def test_a_sandbox_refuses_the_attempt_from_its_level_on(
    name: str, level: Level, attempt: Attempt, scene: Scene
) -> None:
    provider = provided(name)
    prepare(scene, attempt)
    trial = scene.attempt(provider, level, attempt.program)
    assert trial.entered, trial
    assert attempt.worked(scene) is not level.covers(attempt.refused_from), trial


def test_the_page_has_the_table() -> None:
    assert "\n".join(table()) in PAGE
