"""What a command inside a sandbox is given, and what is known of one that could not be entered."""

import os
import subprocess
from pathlib import Path

import pytest

from djobs_daemon.executors.sandbox.bubblewrap import Bubblewrap
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.srt import Srt
from djobs_daemon.executors.sandbox.trial import run
from djobs_daemon.executors.sandbox.unconfined import Unconfined
from tests.sandbox.conftest import provided
from tests.sandbox.scene import PYTHON, SECONDS, Scene

CLOSED = Level.WRITE_NETWORK
HOSTILE = (
    "$(touch ../outside/victim1)",
    "`touch ../outside/victim2`",
    "; touch ../outside/victim3",
)
SHOW = (PYTHON, "-I", "-S", "-c", "import sys; sys.stdout.write('\\0'.join(sys.argv[1:]))")
AWKWARD = (
    *HOSTILE,
    "",
    " a  b ",
    "'",
    '"',
    "\\",
    "a\nb",
    "$HOME",
    "*",
    "ä",
    "--help",
    "&& id",
    "!x",
)

each_provider = pytest.mark.parametrize("name", ["bubblewrap", "srt"])


@each_provider
def test_arguments_arrive_as_they_are(name: str, scene: Scene) -> None:
    trial = scene.run(provided(name), CLOSED, (*SHOW, *AWKWARD))
    assert trial.out.split("\0") == list(AWKWARD)
    assert not scene.harmed()


def test_a_shell_would_have_executed_them(scene: Scene) -> None:
    scene.run(Unconfined(), Level.NONE, ("sh", "-c", f"true {' '.join(HOSTILE)}"))
    assert scene.harmed()


@each_provider
def test_a_write_inside_is_there_afterwards(name: str, scene: Scene) -> None:
    scene.attempt(provided(name), CLOSED, "open('mine', 'w').write(S['token'])")
    assert (scene.workspace / "mine").read_text() == scene.token


@each_provider
@pytest.mark.parametrize("status", [0, 1, 7, 126, 127])
def test_the_command_s_own_status_comes_through(name: str, status: int, scene: Scene) -> None:
    trial = scene.run(provided(name), CLOSED, ("sh", "-c", f"exit {status}"))
    assert (trial.entered, trial.status) == (True, status)


@each_provider
def test_a_program_that_does_not_exist_is_the_command_s_failure(name: str, scene: Scene) -> None:
    trial = scene.run(provided(name), CLOSED, ("no-such-program",))
    assert (trial.entered, trial.status) == (True, 127)


@pytest.mark.parametrize("program", ["/nonexistent/bwrap", "/bin/false"])
def test_a_sandbox_that_does_not_start_is_no_failure_of_the_command(
    program: str, scene: Scene
) -> None:
    trial = scene.run(Bubblewrap(program), CLOSED, ("sh", "-c", "exit 1"))
    assert not trial.entered


@each_provider
def test_a_sandbox_that_cannot_be_set_up_is_no_failure_of_the_command(
    name: str, scene: Scene
) -> None:
    confinement = scene.confinement(CLOSED)
    provider = provided(name)
    environ = {"PATH": os.environ["PATH"]}
    wrapped = provider.wrap(("true",), confinement, environ)
    subprocess.run(["rm", "-r", str(scene.workspace)], check=True)
    trial = run(wrapped, str(scene.outside), SECONDS)
    assert not trial.entered
    assert trial.status


@each_provider
def test_a_command_reads_nothing_from_its_stdin(name: str, scene: Scene) -> None:
    trial = scene.run(provided(name), CLOSED, ("sh", "-c", "cat; echo end"))
    assert trial.out == "end"


def test_variables_that_act_on_a_loader_reach_the_command_only(scene: Scene) -> None:
    # The loader itself writes here, before any program has begun.
    told = {"LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(scene.victim)}
    scene.run(Unconfined(), Level.NONE, ("true",), **told)
    assert scene.harmed()
    for file in scene.outside.glob("victim?*"):
        file.unlink()
    trial = scene.run(provided("bubblewrap"), CLOSED, ("printenv", "LD_DEBUG"), **told)
    assert "libs" in trial.out
    assert not scene.harmed()


def planted(scene: Scene) -> dict[str, str]:
    """Put programs of srt's into the workspace and PATH."""
    for name in ("bwrap", "socat", "rg", "node", "bash"):
        program = scene.workspace / name
        program.write_text(f"#!/bin/sh\necho x >{scene.victim}\n")
        program.chmod(0o755)
    return {"PATH": f"{scene.workspace}:{os.environ['PATH']}"}


def test_the_command_s_path_does_not_choose_the_sandbox_s_programs(scene: Scene) -> None:
    path = planted(scene)
    trial = scene.run(provided("srt"), CLOSED, ("printenv", "PATH"), **path)
    assert trial.out == path["PATH"]
    assert not scene.harmed()


def test_with_that_path_for_srt_itself_the_planted_program_would_have_run(scene: Scene) -> None:
    srt = provided("srt")
    assert isinstance(srt, Srt)
    path = planted(scene)["PATH"]
    scene.run(Srt(srt.program, path), CLOSED, ("true",))
    assert scene.harmed()


def test_temporary_files_have_a_place_that_is_gone_afterwards(scene: Scene) -> None:
    make = ("sh", "-c", 'f=$(mktemp) && echo "$f"')
    trial = scene.run(provided("bubblewrap"), CLOSED, make, TMPDIR="/nonexistent")
    assert trial.out.startswith("/tmp/")
    assert not Path(trial.out).exists()


def test_a_command_may_start_in_another_folder(scene: Scene) -> None:
    (scene.workspace / "sub").mkdir()
    confinement = scene.confinement(CLOSED)
    there = type(confinement)(**{**vars(confinement), "cwd": str(scene.workspace / "sub")})
    wrapped = provided("bubblewrap").wrap(("pwd",), there, {"PATH": os.environ["PATH"]})
    assert run(wrapped, "/", SECONDS).out == str(scene.workspace / "sub")


def test_the_end_of_bubblewrap_is_the_end_of_the_command(scene: Scene) -> None:
    hold = "import fcntl, time\nf = open('lock', 'a')\nfcntl.flock(f, 2)\nprint('', flush=True)\n"
    argv = (PYTHON, "-I", "-S", "-c", hold + "time.sleep(60)")
    confinement = scene.confinement(CLOSED)
    wrapped = provided("bubblewrap").wrap(argv, confinement, {"PATH": os.environ["PATH"]})
    with subprocess.Popen(
        ("sh", "-c", 'exec "$@" 3>/dev/null', "sh", *wrapped.argv),
        env=wrapped.environ,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        assert scene.held()
        process.kill()
    assert not scene.held()
