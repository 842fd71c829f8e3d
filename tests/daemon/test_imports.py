"""The running code is one version: nothing is imported once a daemon is up (R46)."""

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

import djobs_beside
import djobs_daemon
import djobs_local
import djobs_protocol
from djobs_local import spawn, wire
from djobs_protocol.errors import DjobsError
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until
from tests.harness.editor import LEGACY, MODERN, Ask, Editor

SPY = """
import os, runpy, sys
told = sys.argv.pop(1)
def hook(event, arguments):
    if event == "import":  # opened each time, because a daemon closes what it inherits
        note = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(note, str(arguments[0]).encode() + b"\\n")
        os.close(note)
sys.addaudithook(hook)
sys.argv[0] = sys.argv.pop(1)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(home: DaemonHome, command: list[str]) -> None:
    """Start a daemon by another command line than the usual one."""
    reader, writer = os.pipe()
    subprocess.run(
        [*command, "--detach", "--ready-fd", str(writer), "--owner", "client"],
        env=home.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writer],
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    os.close(writer)
    assert home.read_word(reader)[0] == "ready"
    os.close(reader)


@pytest.fixture
def imports(daemon_home: DaemonHome) -> Path:
    """Start a daemon that notes every import in the file returned, and wait for its SDK."""
    told = daemon_home.folder / "imports"
    command = [PYTHON, "-I", "-c", SPY, str(told), spawn.find_daemon_main()]
    start(daemon_home, command)
    daemon_home.wait_sdk()
    return told


COPY = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = sys.argv.pop(1)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def copy_installation(folder: Path) -> None:
    """Copy what the daemon consists of, the SDK and other libraries left out."""
    for each in (djobs_beside, djobs_daemon, djobs_local, djobs_protocol):
        package = Path(each.__path__[0])
        shutil.copytree(package, folder / package.name)


@pytest.mark.timeout(120)
def test_an_installation_that_is_removed_after_the_first_answer_costs_the_sdk_at_most(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy_installation(copy)
    main = str(copy / "djobs_daemon" / "__main__.py")
    start(daemon_home, [PYTHON, "-I", "-c", COPY, str(copy), main])
    assert daemon_home.status()["mcp"] != "ready"  # asked once, and so all but the SDK is there
    shutil.rmtree(copy)
    wait_until(lambda: daemon_home.status()["mcp"] != "loading", "the SDK is there or given up")
    exercise_rpc(daemon_home)
    exercise_signals(daemon_home)
    assert len(daemon_home.births()) == 1
    daemon_home.stop()
    assert daemon_home.logged("Stopped.")[-1]["status"] == 0


def exercise_rpc(home: DaemonHome) -> None:
    """Use every method, rightly and wrongly."""
    with home.connect() as connection:
        jobs = {"jobs": [{"type": "t"}, {"type": "t"}], "correlation_id": "w"}
        first, second = (job["id"] for job in connection.call("job.enqueue", jobs)["jobs"])
        connection.call("job.complete", {"job_id": first, "evidence": "done"})
        connection.call("job.fail", {"job_id": second, "error": "no"})
        connection.call("job.get", {"job_id": first})
        connection.call("job.list", {"limit": 1})
        connection.call("session.resume", {"correlation_id": "w"})
        connection.call("audit.query", {"summary": True})
        for method in ("daemon.health", "daemon.status", "daemon.settings", "db.check"):
            connection.call(method)
        for method, params in (
            ("frog", {}),
            ("job.get", {"job_id": "none"}),
            ("job.get", {"frog": 1}),
            ("job.complete", {"job_id": first}),
            ("audit.query", {"since": "nonsense"}),
        ):
            with pytest.raises(DjobsError):
                connection.call(method, params)
    for noise in (b"\xff\xfe\n", b"{}\n", b"[" * 100_000 + b"\n", b"x" * 5_000_000 + b"\n"):
        deadline = 5 + _monotonic()
        link = wire.LineSocket.connect(home.socket, deadline)
        try:
            link.send_line(noise.rstrip(b"\n"), deadline)
            link.read_line(deadline)
        except OSError:
            pass  # refusing by closing is an answer
        finally:
            link.close()


def _monotonic() -> float:
    import time

    return time.monotonic()


def exercise_signals(home: DaemonHome) -> None:
    for number, message in (
        (signal.SIGHUP, "The log was opened again."),
        (signal.SIGUSR2, "State."),
    ):
        home.signal(number)
        wait_until(partial(home.logged, message), message)
    os.unlink(home.socket)
    wait_until(lambda: os.path.exists(home.socket), "the socket is back")


@pytest.mark.timeout(120)
def test_nothing_is_imported_after_the_sdk(daemon_home: DaemonHome, imports: Path) -> None:
    before = imports.read_text().split()
    assert "mcp" in before, "the hook sees nothing"
    exercise_rpc(daemon_home)
    exercise_signals(daemon_home)
    daemon_home.stop()
    assert imports.read_text().split()[len(before) :] == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_no_mcp_session_imports_anything(
    version: str, daemon_home: DaemonHome, imports: Path
) -> None:
    before = imports.read_text().split()
    with Editor(daemon_home, version=version) as editor:
        editor.open()
        for method in ("tools/list", "ping", "frog/none"):
            editor.answer(editor.ask(method, {}))
        task = editor.call("enqueue_task", task_type="t", payload='{"a": 1}')
        editor.call("complete_task", task_id=task["id"], evidence="done")
        editor.refusal("complete_task", task_id="none")
        for tool in ("resume_session", "list_tasks", "audit_log", "health", "no_such_tool"):
            editor.answer(editor.ask_all([Ask(tool, {})])[0])
    daemon_home.stop()
    assert imports.read_text().split()[len(before) :] == []
