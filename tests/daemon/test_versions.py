"""What the two sides of a hello say about their versions (R16)."""

import importlib.metadata
import time

import pytest

from djobs_local import wire
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.version import PROTOCOL_MAX, VERSION
from tests.harness.daemon import DaemonHome


def hello(home: DaemonHome, **fields: object) -> dict[str, object]:
    deadline = time.monotonic() + 5
    link = wire.LineSocket.connect(home.socket, deadline)
    try:
        return wire.say_hello(link, {**wire.hello_params("test"), **fields}, deadline)
    finally:
        link.close()


def test_the_build_a_daemon_reports_is_the_package_s_version(running_daemon: DaemonHome) -> None:
    assert hello(running_daemon)["build"] == VERSION == importlib.metadata.version("djobs")
    assert running_daemon.record()["build"] == VERSION


def test_an_older_build_of_the_same_protocol_is_served(running_daemon: DaemonHome) -> None:
    assert hello(running_daemon, build="0.0.1")["protocol"] == PROTOCOL_MAX


def test_a_newer_client_that_still_speaks_our_protocol_is_served_at_ours(
    running_daemon: DaemonHome,
) -> None:
    welcome = hello(running_daemon, build="9.9", protocol=[1, PROTOCOL_MAX + 8], frog="unknown")
    assert welcome["protocol"] == PROTOCOL_MAX


@pytest.mark.parametrize("spoken", [[PROTOCOL_MAX + 1, PROTOCOL_MAX + 2], [0, 0]])
def test_a_client_without_a_common_protocol_is_told_both_versions(
    spoken: list[int], running_daemon: DaemonHome
) -> None:
    with pytest.raises(DjobsError) as refused:
        hello(running_daemon, build="9.9", protocol=spoken)
    assert refused.value.code is ErrorCode.PROTOCOL_MISMATCH
    assert "9.9" in refused.value.message
    assert VERSION in refused.value.message


def test_no_difference_in_version_ends_a_daemon(running_daemon: DaemonHome) -> None:
    instance = running_daemon.instance()
    for spoken in ([9, 9], [0, 0]):
        with pytest.raises(DjobsError):
            hello(running_daemon, protocol=spoken, build="9.9")
    assert running_daemon.instance() == instance
