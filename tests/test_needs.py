"""Nothing is left out of a run in CI without a word."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import needs

TESTS = Path(__file__).parent


def absent_program() -> object:
    return needs.program("none")


def absent_client() -> object:
    return needs.installed(Path("/nonexistent/claude"), ".ci/install-clients")


@pytest.mark.parametrize("ask", [absent_program, absent_client])
def test_what_is_missing_fails_in_ci_and_is_skipped_elsewhere(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    monkeypatch.delenv(needs.WITHOUT, raising=False)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=needs.WITHOUT):
        ask()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        ask()


def test_a_machine_that_is_known_to_lack_something_goes_on_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv(needs.WITHOUT, "mount,none")
    with pytest.raises(pytest.skip.Exception):
        needs.program("none")
    with pytest.raises(pytest.fail.Exception):
        needs.program("none either")


def test_every_test_that_may_be_skipped_says_what_it_needs() -> None:
    skipping = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b")
    mine = {Path(__file__), TESTS / "harness" / "needs.py"}
    others = [path for path in TESTS.rglob("*.py") if path not in mine]
    assert len(others) > 100
    assert [path for path in others if skipping.search(path.read_text())] == []


def test_without_its_powers_root_is_bound_by_modes(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    write = [sys.executable, "-c", "import sys; open(sys.argv[1], 'w')", str(tmp_path / "x")]
    done = subprocess.run(needs.without_powers(*write), capture_output=True, text=True, check=False)
    assert "PermissionError" in done.stderr
