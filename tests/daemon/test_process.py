"""A detached daemon keeps nothing of who started it, and nobody waits for it (R20, R23, R24)."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from djobs_local import environment
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until

START = "from djobs_local import call; from djobs_protocol.endpoint import state_dir\n"
CONNECT = START + "print(call.connect(state_dir()).welcome['instance'])"


def test_the_daemon_is_nobody_s_child_and_leads_a_session_of_its_own(
    running_daemon: DaemonHome,
) -> None:
    fields = running_daemon.proc("stat").rpartition(b")")[2].split()
    parent, group, session = (int(field) for field in fields[1:4])
    assert parent != os.getpid()
    assert group == session == running_daemon.pid()


def test_the_end_of_the_starter_and_its_group_does_not_end_the_daemon(
    daemon_home: DaemonHome,
) -> None:
    starter = subprocess.Popen(
        [PYTHON, "-c", CONNECT + "\nimport sys, time; sys.stdout.flush(); time.sleep(600)"],
        env=daemon_home.env,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert starter.stdout is not None
    instance = starter.stdout.readline().decode().strip()
    children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children")
    wait_until(
        lambda: not children.read_text(), "daemon and launcher are no children of the starter"
    )
    os.killpg(starter.pid, signal.SIGKILL)
    starter.communicate(timeout=PATIENCE_SECONDS)
    assert daemon_home.instance() == instance


def test_a_command_substitution_that_starts_the_daemon_returns(daemon_home: DaemonHome) -> None:
    script = f'out=$("{PYTHON}" -c "$CODE" 2>&1); echo "got $out"'
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={**daemon_home.env, "CODE": CONNECT},
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.stdout.decode() == f"got {daemon_home.instance()}\n"


def test_the_daemon_inherits_no_descriptor_folder_variable_or_signal(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    cwd = tmp_path / "gone soon"
    cwd.mkdir()
    extra = [os.open("/etc/hostname", os.O_RDONLY) for _ in range(5)]
    hostile = {
        "MAKEFLAGS": "-j --jobserver-auth=3,4",
        "LISTEN_FDS": "1",
        "NOTIFY_SOCKET": "/run/none",
        "PYTHONPATH": "/nowhere",
        "PYTHONSTARTUP": "/nowhere",
        "VIRTUAL_ENV": "/nowhere",
        "HTTPS_PROXY": "http://none",
        "AWS_SECRET_ACCESS_KEY": "planted",
        "LC_ALL": "C.UTF-8",
    }
    reader, writer = os.pipe()
    extra += [os.open("/etc/hostname", os.O_RDONLY) for _ in range(5)]
    launcher = subprocess.Popen(
        daemon_home.command("--detach", "--ready-fd", str(writer), "--owner", "client"),
        env={**daemon_home.env, **hostile},
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[writer, *extra],
        preexec_fn=_ignore_and_block_signals,
    )
    os.close(writer)
    for number in extra:
        os.close(number)
    launcher.communicate(timeout=PATIENCE_SECONDS)  # returns: nobody holds our pipes
    word, _ = daemon_home.read_word(reader)
    os.close(reader)
    assert word == "ready"
    cwd.rmdir()

    daemon_home.signal(signal.SIGUSR2)
    wait_until(lambda: daemon_home.logged("State."), "the state is in the log")
    expected = sorted([*daemon_home.env, "LC_ALL"])
    assert daemon_home.logged("State.")[0]["environment"] == expected
    targets = daemon_home.fds()
    assert "/etc/hostname" not in targets.values()
    assert {targets[n] for n in (0, 1, 2)} == {"/dev/null"}
    assert Path(os.readlink(f"/proc/{daemon_home.pid()}/cwd")) == daemon_home.folder
    status = daemon_home.proc("status").decode()
    assert "SigBlk:\t0000000000000000" in status
    ignored = int(status.split("SigIgn:\t")[1].split()[0], 16)
    assert not ignored & (1 << (signal.SIGINT - 1))
    assert "Umask:\t0077" in status
    daemon_home.signal(signal.SIGINT)
    daemon_home.wait_gone()


def _ignore_and_block_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])


def test_only_harmless_variables_are_kept() -> None:
    kept = {"HOME", "PATH", "LC_TIME", "DJOBS_LOG_LEVEL", "TZ"}
    environ = dict.fromkeys(
        [
            *kept,
            "PYTHONPATH",
            "VIRTUAL_ENV",
            "OPENAI_API_KEY",
            "LD_PRELOAD",
            "COVERAGE_PROCESS_START",
            "DJOBS_AGENT",
            "DJOBS_DEPTH",
            "DJOBS_JOB",
        ],
        "x",
    )

    assert set(environment.kept(environ)) == kept
    in_a_test = environment.kept({**environ, "DJOBS_TEST": "1"})
    assert set(in_a_test) == kept | {"COVERAGE_PROCESS_START", "DJOBS_TEST"}


@pytest.mark.parametrize(
    ("text", "depth"),
    [("", 0), ("0", 0), ("7", 7), ("x", 0), ("-5", 0), ("\u0663", 0), ("9" * 50, 0)],
)
def test_a_depth_that_is_no_number_states_nothing(text: str, depth: int) -> None:
    assert environment.stated_depth(text) == depth


def test_a_daemon_whose_starter_closed_0_1_and_2_lives(daemon_home: DaemonHome) -> None:
    script = 'exec "$0" "$@" <&- >&- 2>&-'
    command = daemon_home.command("--detach", "--owner", "client")
    subprocess.run(
        ["/bin/sh", "-c", script, *command], env=daemon_home.env, timeout=PATIENCE_SECONDS
    )
    daemon_home.wait_ready()
    targets = daemon_home.fds()
    assert {targets[n] for n in (0, 1, 2)} == {"/dev/null"}


@pytest.mark.parametrize(
    "change",
    [
        {"HOME": "/nonexistent"},
        {"HOME": "/root/"},
        {"TMPDIR": "/nonexistent", "XDG_RUNTIME_DIR": "/nonexistent", "XDG_STATE_HOME": "/x"},
        {"PATH": "", "LANG": "C", "TZ": "Asia/Tokyo"},
    ],
)
def test_every_environment_leads_to_the_same_daemon(
    change: dict[str, str], running_daemon: DaemonHome
) -> None:
    client = running_daemon.client(CONNECT, **change)
    output, errors = client.communicate(timeout=PATIENCE_SECONDS)
    assert output.decode().strip() == running_daemon.instance(), errors.decode()


@pytest.mark.parametrize("form", ["{home}/", "{home}/../{name}", "{link}"])
def test_every_spelling_of_the_home_leads_to_the_same_daemon(
    form: str, running_daemon: DaemonHome, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(running_daemon.folder)
    names = {"home": running_daemon.state, "name": running_daemon.folder.name, "link": link}
    client = running_daemon.client(CONNECT, DJOBS_HOME=form.format(**names))
    output, errors = client.communicate(timeout=PATIENCE_SECONDS)
    assert output.decode().strip() == running_daemon.instance(), errors.decode()


def test_a_client_that_cannot_reach_a_daemon_never_opens_the_database(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()
    daemon_home.stop()
    (daemon_home.folder / "config.toml").write_text("frog = 1\n")
    hook = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event in ('open', 'os.open', 'sqlite3.connect'):\n"
        "        print(event, args[0], file=sys.stderr)\n"
        "sys.addaudithook(hook)\n"
    )
    client = daemon_home.client(hook + CONNECT)
    _, errors = client.communicate(timeout=PATIENCE_SECONDS)
    assert b"did not start" in errors
    assert b"daemon.lock" in errors, "the hook sees nothing"
    assert b"jobs.db" not in errors
    assert b"sqlite3" not in errors
