"""Real shells complete ``djobsctl``: its words, its options, ids of jobs; and start nothing."""

import os
import pty
import re
import select
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from djobsctl.commands.table import COMMANDS
from djobsctl.completing.model import commands
from tests.cli.command import djobsctl, enqueue
from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until

PROGRAM = Path(PYTHON).with_name("djobsctl")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the script of each shell."""
    folder = tmp_path_factory.mktemp("completions")
    with DaemonHome() as home:
        for shell in ("bash", "zsh", "fish"):
            ran = djobsctl(home, "completion", shell)
            assert (ran.status, ran.stderr) == (0, "")
            (folder / shell).write_text(ran.stdout, "utf-8")
        assert home.births() == []
    return folder


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    """Return a home with three jobs."""
    with DaemonHome() as made:
        made.start()
        enqueue(made, "a", "b", "c")
        yield made


def environ(home: DaemonHome) -> dict[str, str]:
    return {**home.env, "PATH": f"{PROGRAM.parent}:{home.env['PATH']}", "HOME": home.state}


def run_shell(home: DaemonHome, *command: str) -> list[str]:
    done = subprocess.run(
        command, env=environ(home), cwd=home.state, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def bash(scripts: Path, home: DaemonHome, line: str) -> set[str]:
    needs.program("bash")
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    quoted = " ".join(map(shlex.quote, words))
    code = (
        f"source {scripts}/bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1};"
        '_djobsctl; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return {each for each in run_shell(home, "bash", "--norc", "-c", code) if each}


def fish(scripts: Path, home: DaemonHome, line: str) -> set[str]:
    needs.program("fish")
    code = f"source {scripts}/fish; complete -C {shlex.quote(line)}"
    said = run_shell(home, "fish", "--no-config", "-c", code)
    return {each.split("\t")[0] for each in said}


Complete = Callable[[Path, DaemonHome, str], set[str]]
BOTH = pytest.mark.parametrize("complete", [bash, fish])


@BOTH
def test_every_command_is_offered(scripts: Path, home: DaemonHome, complete: Complete) -> None:
    firsts = {each.split()[0] for each in COMMANDS}
    assert complete(scripts, home, "djobsctl ") == firsts
    assert complete(scripts, home, "djobsctl service ") == {"install", "remove", "status"}
    assert complete(scripts, home, "djobsctl budget ") == {"allow"}
    assert complete(scripts, home, "djobsctl sto") == {"stop"}


@BOTH
@pytest.mark.parametrize(
    "command",
    [
        "service install",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("list", "submit")),
    ],
)
def test_all_of_a_command_s_options_are_offered(
    scripts: Path, home: DaemonHome, complete: Complete, command: str
) -> None:
    spec = next(each for each in commands() if each.name == command)
    there = {name for each in spec.options for name in each.names if name.startswith("--")}
    offered = complete(scripts, home, f"djobsctl {command} --")
    assert {each for each in offered if each.startswith("--")} == there


@BOTH
def test_the_values_of_an_option_are_offered(
    scripts: Path, home: DaemonHome, complete: Complete
) -> None:
    assert complete(scripts, home, "djobsctl list --state s") == {
        "skipped",
        "stopped",
        "succeeded",
    }
    (Path(home.state) / "some-folder").mkdir(exist_ok=True)
    offered = complete(scripts, home, "djobsctl list --workspace some-f")
    assert {each.rstrip("/") for each in offered} == {"some-folder"}


@BOTH
def test_ids_are_asked_of_the_daemon_that_runs(
    scripts: Path, home: DaemonHome, complete: Complete
) -> None:
    ids = {each["id"] for each in djobsctl(home, "list", "--json").document["jobs"]}
    assert len(ids) == 3
    assert complete(scripts, home, "djobsctl show ") == ids
    assert complete(scripts, home, "djobsctl logs j1") == {one for one in ids if "j1" in one}


@BOTH
def test_no_daemon_is_started_for_an_id(
    scripts: Path, daemon_home: DaemonHome, complete: Complete
) -> None:
    assert complete(scripts, daemon_home, "djobsctl show ") == set()
    assert daemon_home.births() == []


def test_a_daemon_that_does_not_answer_costs_no_more_than_the_bound(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()
    daemon_home.sigstop()
    ran = djobsctl(daemon_home, "completion", "ids", "--json")
    assert (ran.status, ran.document["jobs"]) == (0, [])


class Zsh:
    """A zsh at a terminal that knows next to nothing: what it writes is what there is to see."""

    def __init__(self, scripts: Path, home: DaemonHome, folder: Path) -> None:
        setup = f"autoload -U compinit; compinit -u -D; . {scripts}/zsh; PS1='ready> '\n"
        (folder / ".zshrc").write_text(setup, "utf-8")
        self._master, slave = pty.openpty()
        self._text = ""
        self._child = subprocess.Popen(
            [needs.program("zsh"), "--no-global-rcs", "-i"],
            env={**environ(home), "ZDOTDIR": str(folder), "TERM": "dumb", "COLUMNS": "200"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def press(self, keys: str) -> None:
        self._text = ""
        os.write(self._master, keys.encode())

    def sees(self, words: str) -> None:
        try:
            wait_until(lambda: words in self._read(), f"zsh writes {words!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it wrote {self._text!r}") from None

    def close(self) -> None:
        self._child.kill()
        self._child.wait(PATIENCE_SECONDS)
        os.close(self._master)

    def _read(self) -> str:
        while select.select([self._master], [], [], 0)[0]:
            self._text += os.read(self._master, 4096).decode(errors="replace")
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r\n?|\x07|.\x08", "", self._text)


@pytest.fixture
def zsh(scripts: Path, home: DaemonHome, tmp_path: Path) -> Iterator[Zsh]:
    shell = Zsh(scripts, home, tmp_path)
    try:
        shell.sees("ready>")
        yield shell
    finally:
        shell.close()


def test_zsh_completes_words_values_and_ids(zsh: Zsh, home: DaemonHome) -> None:
    zsh.press("djobsctl service ins\t--li\t")
    zsh.sees("djobsctl service install --linger")
    zsh.press("\x15djobsctl list --state dea\t")
    zsh.sees("djobsctl list --state dead_lettered")
    jobs = djobsctl(home, "list", "--json").document["jobs"]
    (first,) = (each["id"] for each in jobs if each["id"].startswith("j1"))
    zsh.press("\x15djobsctl show j1\t")
    zsh.sees(f"djobsctl show {first}")
    zsh.press("\x15djobsctl st\t\t")
    zsh.sees("Stop the daemon, and keep it stopped.")
