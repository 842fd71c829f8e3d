"""``djobsctl upgrade``; the handover itself is tested in ``tests/daemon/test_handover.py``."""

import shutil
from pathlib import Path

import pytest

from tests.cli.command import djobsctl
from tests.daemon.installation import Installation, InstalledHome
from tests.harness.daemon import DaemonHome


def test_without_a_daemon_there_is_nothing_to_do_and_none_is_started(
    daemon_home: DaemonHome,
) -> None:
    done = djobsctl(daemon_home, "upgrade")

    assert (done.status, done.stdout) == (0, "Not running. The next start is djobs 0.1.0.\n")
    assert daemon_home.births() == []


def test_a_daemon_of_another_installation_that_is_gone_becomes_the_one_that_asks(
    tmp_path: Path,
) -> None:
    installation = Installation(tmp_path / "installed")
    installation.upgrade("0.0.9")
    with InstalledHome(installation, DJOBS_UPGRADE="ask") as home:
        home.start()
        pid = home.pid()
        with home.connect() as connection:
            connection.call("job.enqueue", {"jobs": [{"type": "kept"}], "correlation_id": "w"})
        shutil.rmtree(installation.folder)
        shown = djobsctl(home, "status")
        done = djobsctl(home, "upgrade")
        again = djobsctl(home, "upgrade")
        with home.connect() as connection:
            assert connection.call("daemon.health")["counts"] == {"pending": 1}

    assert "0.1.0 is installed: `djobsctl upgrade`" in " ".join(shown.stdout.split())
    said = f"djobs 0.0.9 has become 0.1.0 (pid {pid}). Sessions, claims and runs go on.\n"
    assert (done.status, done.stdout) == (0, said)
    assert again.stdout.startswith(f"djobs 0.1.0 runs already (pid {pid}).\nA newer release")


@pytest.mark.slow
def test_a_daemon_of_another_version_is_named_and_becomes_the_one_beside_it(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "installed")
    installation.upgrade("0.0.9")
    with InstalledHome(installation, DJOBS_UPGRADE="ask") as home:
        home.start()
        pid = home.pid()
        installation.upgrade("0.1.0")
        shown = djobsctl(home, "status")
        done = djobsctl(home, "upgrade")
        again = djobsctl(home, "upgrade")

    assert "0.1.0 is installed: `djobsctl upgrade`" in " ".join(shown.stdout.split())
    said = f"djobs 0.0.9 has become 0.1.0 (pid {pid}). Sessions, claims and runs go on.\n"
    assert (done.status, done.stdout) == (0, said)
    assert again.stdout.startswith(f"djobs 0.1.0 runs already (pid {pid}).\nA newer release")
