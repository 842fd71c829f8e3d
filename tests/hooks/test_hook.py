"""The hook says what is unfinished, and is silent and quick whatever is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import djobs_hook
from djobs_hook.hook import BOUND_VARIABLE, SPEAKERS, bound
from tests.cli.states import made
from tests.harness.daemon import DaemonHome

FILE = Path(djobs_hook.__file__).with_name("__main__.py")


def run_hook(
    home: DaemonHome,
    folder: Path,
    host: str = "claude-code",
    *,
    bound_seconds: str = "20",
    **environ: str,
) -> "subprocess.CompletedProcess[str]":
    """Run the hook as a host does: with an input that stays open; on a machine that is busy."""
    with subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE) as open_end:
        try:
            return subprocess.run(
                [sys.executable, "-I", "-S", str(FILE), host],
                env={**home.env, BOUND_VARIABLE: bound_seconds, **environ},
                cwd=folder,
                stdin=open_end.stdout,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        finally:
            open_end.kill()


@pytest.fixture(scope="module")
def busy() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


def record(home: DaemonHome, workspace: Path, count: int) -> None:
    with home.connect(workspace=str(workspace)) as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "t"}] * count})


@pytest.mark.parametrize("host", SPEAKERS)
def test_what_is_unfinished_reaches_the_host_in_its_own_words(
    busy: DaemonHome, host: str, tmp_path: Path
) -> None:
    record(busy, tmp_path, 2)
    said = run_hook(busy, tmp_path, host)
    assert (said.returncode, said.stderr) == (0, "")
    text = said.stdout
    if host != "kimi":
        document = json.loads(said.stdout)
        text = (
            document.get("additional_context")
            or document["hookSpecificOutput"]["additionalContext"]
        )
    assert "2 tasks are unfinished" in text
    assert "call resume_session now" in text


def test_where_nothing_is_left_nothing_is_said(busy: DaemonHome, tmp_path: Path) -> None:
    assert run_hook(busy, tmp_path).stdout == ""


def test_the_project_counts_that_the_host_names(busy: DaemonHome, tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / ".git").mkdir(parents=True)
    elsewhere.mkdir()
    record(busy, project, 1)
    said = run_hook(busy, elsewhere, CLAUDE_PROJECT_DIR=str(project))
    assert "1 task is unfinished" in said.stdout


def test_the_folder_the_host_starts_it_in_leads_to_the_project(
    busy: DaemonHome, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    record(busy, tmp_path, 1)
    assert "1 task is unfinished" in run_hook(busy, tmp_path / "src").stdout


@pytest.mark.parametrize(
    "state",
    [
        "absent",
        "mute",
        *(
            pytest.param(state, marks=pytest.mark.slow)
            for state in ("starting", "stopped_by_user", "start_failed", "foreign", "refusing")
        ),
    ],
)
def test_from_every_state_without_an_answer_it_is_silent_and_starts_nothing(
    daemon_home: DaemonHome, state: str, tmp_path: Path
) -> None:
    with made(state, daemon_home):
        births = len(daemon_home.births())
        daemon_home.env.pop("DJOBS_NO_SPAWN", None)
        said = run_hook(daemon_home, tmp_path, bound_seconds="")
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
        assert len(daemon_home.births()) == births


def test_a_daemon_that_never_answers_is_given_up_by_the_timer(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    daemon_home.start()
    daemon_home.sigstop()
    program = (
        f"import os, sys; sys.path[:0] = {sys.path!r}; import djobs_hook.hook as hook\n"
        "def rung(*_): os.write(1, b'rung'); os._exit(0)\n"
        "hook._give_up = rung; hook.main(['claude-code'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=daemon_home.env,
        cwd=tmp_path,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"rung")


@pytest.mark.parametrize(
    ("chosen", "seconds"),
    [("", 0.05), ("2", 2.0), ("0.3", 0.3), ("0", 0.05), ("soon", 0.05), ("-1", 0.05), ("9999", 60)],
)
def test_a_session_waits_50_ms_for_a_hook_unless_another_bound_is_chosen(
    chosen: str, seconds: float
) -> None:
    assert bound(chosen) == seconds


def test_a_hook_for_an_unknown_host_is_silent(busy: DaemonHome, tmp_path: Path) -> None:
    said = run_hook(busy, tmp_path, "emacs")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_without_a_daemon_it_loads_no_more_than_the_shim_s_modules() -> None:
    program = (
        "import sys; sys.path[:0] = {paths!r};\n"
        "before = set(sys.modules)\n"
        "import djobs_hook.hook as hook\n"
        "try: hook.answer(['claude-code', '/nowhere/at/all'], {{}})\n"
        "finally: print(*sorted(set(sys.modules) - before))"
    ).format(paths=[each for each in sys.path if each and "zip" not in each])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"json", "enum", "re", "socket", "typing", "signal", "subprocess"}, loaded
    assert "djobs_local.folders" in loaded
