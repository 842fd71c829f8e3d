"""``djobsctl logs`` reads the file, with or without a daemon."""

import select
import subprocess
from pathlib import Path

import pytest

from djobs_protocol import endpoint
from djobsctl.logfile import BLOCK_BYTES, Follower, last_lines
from tests.cli.command import djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome


def test_the_last_lines_come_without_a_daemon(running_daemon: DaemonHome) -> None:
    djobsctl(running_daemon, "stop")
    ran = djobsctl(running_daemon, "logs", "-n", "1", "--json")
    assert "Stopped." in ran.document["entries"][0]["text"]
    assert len(ran.document["entries"]) == 1


def test_no_log_is_no_error_and_no_daemon_is_started(daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, "logs")
    assert (ran.status, ran.stdout) == (0, "")
    assert "Nothing is logged" in ran.stderr
    assert daemon_home.births() == []


def test_a_level_keeps_that_level_and_the_more_serious_ones(daemon_home: DaemonHome) -> None:
    path = Path(daemon_home.state, endpoint.DAEMON_LOG)
    path.parent.mkdir()
    path.write_text("T INFO a: one\nT ERROR a: two\nT DEBUG a: three\n", "utf-8")
    ran = djobsctl(daemon_home, "logs", "--level", "warning", "--json")
    assert [entry["text"] for entry in ran.document["entries"]] == ["T ERROR a: two"]


@pytest.mark.parametrize("count", [1, 2, 5, 100])
def test_a_tail_has_the_last_lines_whatever_the_blocks(count: int, tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    lines = [f"{number} " + "x" * (BLOCK_BYTES // 3 * (number % 2)) for number in range(12)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    assert last_lines(str(path), count) == lines[-count:]


def test_older_generations_are_read_when_the_newest_has_too_few_lines(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    path.write_text("new\n", "utf-8")
    path.with_name("daemon.log.1").write_text("older\n", "utf-8")
    path.with_name("daemon.log.2").write_text("oldest\n", "utf-8")
    assert last_lines(str(path), 2) == ["older", "new"]


def test_every_generation_that_a_setting_may_keep_is_read(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    path.write_text("0\n", "utf-8")
    for number in range(1, 13):
        path.with_name(f"daemon.log.{number}").write_text(f"{number}\n", "utf-8")
    assert last_lines(str(path), 100) == [str(number) for number in reversed(range(13))]


def test_a_follower_goes_on_across_rotation(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    path.write_text("before\n", "utf-8")
    with Follower(str(path)) as follower:
        with path.open("a", encoding="utf-8") as log:
            log.write("one\ntw")
        assert list(follower.fresh()) == ["one"]
        with path.open("a", encoding="utf-8") as log:
            log.write("o\n")
        path.rename(path.with_name("daemon.log.1"))
        path.write_text("three\n", "utf-8")
        assert list(follower.fresh()) == ["two", "three"]


def test_following_prints_what_comes_until_it_is_interrupted(daemon_home: DaemonHome) -> None:
    path = Path(daemon_home.state, endpoint.DAEMON_LOG)
    path.parent.mkdir()
    path.write_text("T INFO a: one\n", "utf-8")
    follower = subprocess.Popen(
        [PYTHON, "-m", "djobsctl", "logs", "-f"], env=daemon_home.env, stdout=subprocess.PIPE
    )
    assert follower.stdout is not None
    try:
        assert read_line(follower) == "T INFO a: one\n"
        with path.open("a", encoding="utf-8") as log:
            log.write("T INFO a: two\n")
        assert read_line(follower) == "T INFO a: two\n"
        follower.send_signal(2)
        assert follower.wait(PATIENCE_SECONDS) == 130
    finally:
        follower.kill()
        follower.wait(PATIENCE_SECONDS)
        follower.stdout.close()


def read_line(follower: "subprocess.Popen[bytes]") -> str:
    assert follower.stdout is not None
    ready, _, _ = select.select([follower.stdout], [], [], PATIENCE_SECONDS)
    assert ready, "nothing was printed"
    return follower.stdout.readline().decode()
