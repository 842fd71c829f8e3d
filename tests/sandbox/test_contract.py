"""What whoever starts a wrapped command may rely on."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from djobs_daemon.executors.program_paths import resolver
from djobs_daemon.executors.sandbox.confinement import Level
from djobs_daemon.executors.sandbox.confining import Surrounding, Wish, confined
from djobs_daemon.executors.sandbox.trial import run
from djobs_daemon.executors.sandbox.verdict import Diagnosis, Probed
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness import needs
from tests.harness.daemon import PYTHON, DaemonHome
from tests.sandbox.conftest import provided
from tests.sandbox.scene import SECONDS, Scene

CLOSED = Level.WRITE_NETWORK
ENVIRON = {"PATH": os.environ["PATH"], "LD_DEBUG": "none"}


def around(scene: Scene, *probed: Probed) -> Surrounding:
    return Surrounding(probed, str(scene.home), (str(scene.state),), sockets=())


def test_one_call_goes_from_what_is_required_to_what_is_started_and_recorded(scene: Scene) -> None:
    bubblewrap = provided("bubblewrap")
    cache = scene.outside / "cache"
    cache.mkdir()
    (scene.workspace / "sub").mkdir()
    (scene.workspace / "fixed").write_text("old")
    found = confined(
        ("sh", "-c", f"pwd; touch {cache}/x ../new {scene.victim}1; echo new >../fixed"),
        ENVIRON,
        workspace=str(scene.workspace),
        cwd=str(scene.workspace / "sub"),
        wish=Wish(CLOSED, read_write=(str(cache),), read_only=("fixed",)),
        around=around(scene, Probed(bubblewrap, bubblewrap.levels)),
    )
    assert found.recorded == "write+network by bubblewrap"
    trial = run(found.wrapped, "/", SECONDS)
    assert trial.out == str(scene.workspace / "sub")
    assert (cache / "x").exists()
    assert (scene.workspace / "new").exists()
    assert (scene.workspace / "fixed").read_text() == "old"
    assert not scene.harmed()


def test_a_job_that_may_commit_writes_what_git_does_not_run(scene: Scene) -> None:
    bubblewrap = provided("bubblewrap")
    hook = ".git/hooks/pre-commit"
    swap = f"mv .git old && mkdir -p .git/hooks && echo new >{hook}"
    found = confined(
        ("sh", "-c", f"echo x >.git/index; echo new >{hook}; {swap}"),
        ENVIRON,
        workspace=str(scene.workspace),
        cwd="",
        wish=Wish(CLOSED, git=True),
        around=around(scene, Probed(bubblewrap, bubblewrap.levels)),
    )
    run(found.wrapped, "/", SECONDS)
    assert (scene.workspace / ".git" / "index").exists()
    assert (scene.workspace / hook).read_text() == "old"


def test_without_a_requirement_a_command_is_started_as_it_is(scene: Scene) -> None:
    found = confined(
        ("true",), ENVIRON, workspace="/none", cwd="/none", wish=Wish(), around=around(scene)
    )
    assert found.recorded == "none"
    assert (found.wrapped.argv, found.wrapped.environ) == (("true",), ENVIRON)
    assert found.wrapped.status_fd is None


def test_a_requirement_that_nothing_holds_is_refused_and_not_lowered(scene: Scene) -> None:
    broken = Probed(provided("bubblewrap"), (), Diagnosis("it is broken", "`mend it`"))
    with pytest.raises(DjobsError) as refused:
        confined(
            ("true",),
            ENVIRON,
            workspace=str(scene.workspace),
            cwd="",
            wish=Wish(Level.WRITE),
            around=around(scene, broken),
        )
    assert refused.value.code is ErrorCode.SANDBOX_UNAVAILABLE
    assert refused.value.hint == "`mend it`"


def test_a_command_that_cannot_be_wrapped_is_named(scene: Scene) -> None:
    bubblewrap = provided("bubblewrap")
    with pytest.raises(DjobsError, match="bubblewrap cannot confine this"):
        confined(
            ("-x",),
            ENVIRON,
            workspace=str(scene.workspace),
            cwd="",
            wish=Wish(CLOSED),
            around=around(scene, Probed(bubblewrap, bubblewrap.levels)),
        )


def test_a_polite_signal_to_all_but_the_monitor_lets_a_command_end_by_itself(scene: Scene) -> None:
    script = "trap 'echo bye >told; exit 9' TERM; echo; while :; do sleep 0.05; done"
    confinement = scene.confinement(CLOSED)
    wrapped = provided("bubblewrap").wrap(("sh", "-c", script), confinement, ENVIRON)
    assert wrapped.monitored
    with subprocess.Popen(
        ("sh", "-c", 'exec "$@" 3>/dev/null', "sh", *wrapped.argv),
        env=wrapped.environ,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        for each in psutil.Process(process.pid).children(recursive=True):
            each.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 9
    assert scene.told.read_text() == "bye\n"


@pytest.mark.parametrize("level", [Level.WRITE, CLOSED])
def test_a_command_inside_neither_reaches_the_daemon_nor_starts_another(
    level: Level, scene: Scene, running_daemon: DaemonHome
) -> None:
    needs.outside_of("/tmp", PYTHON, "this checkout's Python is hidden inside, as all of /tmp is")
    home = running_daemon
    scene.state = home.folder
    command = (PYTHON, "-m", "djobsctl", "start", "--json")
    wrapped = provided("bubblewrap").wrap(command, scene.confinement(level), home.env)
    inside = run(wrapped, str(scene.workspace), SECONDS)
    assert inside.status == 77
    assert "If this runs in a sandbox, allow that path" in inside.out
    assert len(home.births()) == 1
    outside = subprocess.run(command, env=home.env, capture_output=True, check=False)
    assert outside.returncode == 0


def test_a_program_is_found_as_starting_it_would(tmp_path: Path) -> None:
    for name in ("a/tool", "b/tool", "b/plain", "tool"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o644 if name in ("a/tool", "b/plain") else 0o755)
    (tmp_path / "b/link").symlink_to("tool")
    (tmp_path / "c").symlink_to("b")
    resolve = resolver(f"{tmp_path}/a:{tmp_path}/b:.", str(tmp_path))
    known = {name: found for name in ("tool", "link", "plain") if (found := resolve(name))}
    assert {name: found.path for name, found in known.items()} == {
        "tool": f"{tmp_path}/b/tool",
        "link": f"{tmp_path}/b/link",
    }
    assert known["link"].real == f"{tmp_path}/b/tool"
    here, over = resolve("./tool"), resolve("c/../tool")
    assert here is not None
    assert over is not None
    assert here.path == over.path == f"{tmp_path}/tool"
    assert resolve("gone") is None
    assert resolve("./a") is None
