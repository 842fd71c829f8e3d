"""Whatever is typed is understood as it was meant, or refused before anything happens."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome

ASCII_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run_bytes(
    home: DaemonHome, *words: bytes, **environ: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [PYTHON, "-m", "djobsctl", *words],
        env={**home.env, **environ},
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("locale", [{}, ASCII_LOCALE], ids=["any locale", "ASCII"])
@pytest.mark.parametrize("words", [[b"show", b"\xff"], [b"list", b"--workspace", b"/\xff"]])
def test_bytes_that_are_no_utf_8_are_a_usage_error(
    words: list[bytes], locale: dict[str, str], daemon_home: DaemonHome
) -> None:
    ran = run_bytes(daemon_home, *words, **locale)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"is not UTF-8" in ran.stderr
    assert b"Traceback" not in ran.stderr
    assert daemon_home.births() == []


def test_a_workspace_of_any_letters_is_found_under_an_ascii_locale(
    running_daemon: DaemonHome, tmp_path: Path
) -> None:
    folder = tmp_path / "tern \u00fc"
    folder.mkdir()
    with running_daemon.connect(workspace=os.fspath(folder)) as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "found"}]})
    link = tmp_path / "link"
    link.symlink_to(folder)
    for name in (folder, link):
        words = [b"list", b"--workspace", os.fsencode(name)]
        ran = run_bytes(running_daemon, *words, **ASCII_LOCALE)
        assert b"found" in ran.stdout, ran


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--correlation", ""],
        ["list", "--workspace", ""],
        ["list", "--correlation", "x" * 5000],
        ["list", "--cursor", ""],
        ["list", "--cursor", "nonsense"],
        ["show", ""],
        ["show", "j" * 41],
        ["show", "j1bb", "--events", "999999"],
        ["show", "j1bb", "--events", "0"],
        ["status", "-n", "x"],
        ["status", "-n", "-5"],
        ["audit", "--limit", "5"],
        ["audit", "--all-pages"],
        ["audit", "--cursor", "1.2"],
    ],
    ids=" ".join,
)
def test_an_argument_that_means_nothing_is_refused_in_words_of_people(
    words: list[str], running_daemon: DaemonHome
) -> None:
    ran = djobsctl(running_daemon, *words)
    assert (ran.status, ran.stdout) == (2, ""), ran
    for word_of_the_machinery in ("$.", "Expected", "`int`", "invalid", "Traceback"):
        assert word_of_the_machinery not in ran.stderr


def test_pages_follow_each_other_by_their_cursor(running_daemon: DaemonHome) -> None:
    ids = enqueue(running_daemon, "a", "b", "c", "d", "e")
    for command, rows, key in (("list", "jobs", "id"), ("audit --detail", "events", "job_id")):
        found: list[str] = []
        more: list[str] = []
        while len(found) < 2 * len(ids):
            ran = djobsctl(running_daemon, *command.split(), "--limit", "2", "--json", *more)
            found += [row[key] for row in ran.document[rows]]
            if ran.document["next_cursor"] is None:
                break
            more = ["--cursor", ran.document["next_cursor"]]
        assert found == ids[::-1]
        every = djobsctl(running_daemon, *command.split(), "--all-pages", "--json").document
        assert [row[key] for row in every[rows]] == found


def test_an_audit_shows_what_a_filter_asks_for_alone_or_with_others(
    running_daemon: DaemonHome, tmp_path: Path
) -> None:
    folder = os.path.realpath(tmp_path)
    with running_daemon.connect(workspace=folder) as connection:
        asked = {"jobs": [{"type": "build"}, {"type": "test"}], "correlation_id": "plan"}
        build, test = (job["id"] for job in connection.call("job.enqueue", asked)["jobs"])
        connection.call("job.claim", {"job_id": build, "agent_id": "ann"})
    enqueue(running_daemon, "elsewhere")
    for words, found in (
        (["--workspace", folder], {build, test}),
        (["--correlation", "plan", "--type", "test"], {test}),
        (["--agent", "ann"], {build}),
        (["--job", test], {test}),
        (["--agent", "ann", "--job", test], set()),
    ):
        ran = djobsctl(running_daemon, "audit", "--detail", "--json", *words)
        assert {event["job_id"] for event in ran.document["events"]} == found, words
    summary = djobsctl(running_daemon, "audit", "--json", "--workspace", folder).document
    assert summary["by_workspace"] == {folder: summary["total"]}
    assert summary["by_agent"] == {"ann": 1}
    strange = djobsctl(running_daemon, "audit", "--job", "j9zz")
    assert (strange.status, strange.stdout) == (1, "")
    assert "j9zz" in strange.stderr


def test_failures_of_kinds_that_were_not_asked_for_are_not_shown(
    running_daemon: DaemonHome,
) -> None:
    (job,) = enqueue(running_daemon, "a")
    with running_daemon.connect() as connection:
        connection.call("job.fail", {"job_id": job, "error": "cannot parse"})
    for kinds, shown in (("enqueued", False), ("failed", True), ("", True)):
        words = ["--kind", kinds] if kinds else []
        assert ("cannot parse" in djobsctl(running_daemon, "audit", *words).stdout) is shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list --state runing", "'runing' is none of pending, running, "),
        ("list --state runing", ". Did you mean running? Usage: "),
        ("list --limt 3", "The command has no option `--limt`. Did you mean --limit? Usage: "),
        ("status --bogus", "The command has no option `--bogus`. Usage: "),
        ("agents a b", "`a b` is more than the command takes. Usage: "),
    ],
)
def test_a_slip_is_told_with_what_was_meant(words: str, said: str, daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, *words.split())
    assert ran.status == 2
    assert said in ran.stderr
