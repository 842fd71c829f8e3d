"""Which workflow a request means."""

import pytest

from djobs_daemon.queue.correlation import choose, normalise
from djobs_protocol.errors import DjobsError


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/home/u/p/", "/home/u/p"),
        ("/home/u/p", "/home/u/p"),
        ("/", "/"),
        ("//", "/"),
        ("run-17/", "run-17/"),
    ],
)
def test_a_path_has_one_spelling_and_anything_else_is_opaque(written: str, meant: str) -> None:
    assert normalise(written) == meant


def test_the_asked_workflow_wins_over_the_workspace() -> None:
    assert choose("ci-17", "/home/u/p") == "ci-17"
    assert choose(None, "/home/u/p") == "/home/u/p"


def test_without_workflow_and_workspace_the_request_is_refused() -> None:
    with pytest.raises(DjobsError, match="correlation_id is missing"):
        choose(None, "")
