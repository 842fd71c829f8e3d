"""Where a daemon keeps its files depends on the user and ``DJOBS_HOME``, on nothing else (R20)."""

import os
from pathlib import Path

import pytest

from djobs_protocol.endpoint import default_state_dir, socket_path, state_dir
from djobs_protocol.errors import DjobsError, ErrorCode


def test_every_spelling_of_one_folder_is_one_daemon(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    for spelling in (f"{tmp_path}", f"{tmp_path}/", f"{tmp_path}/x/..", f"{tmp_path}/link"):
        assert state_dir({"DJOBS_HOME": spelling}) == str(tmp_path)


@pytest.mark.parametrize("chosen", ["here", "./here", "~/here"])
def test_a_relative_folder_would_be_another_daemon_everywhere_and_is_refused(chosen: str) -> None:
    with pytest.raises(DjobsError, match="a relative path; expected an absolute one") as refusal:
        state_dir({"DJOBS_HOME": chosen})

    assert refusal.value.code is ErrorCode.CONFIG_INVALID


def test_an_empty_choice_is_no_choice() -> None:
    assert state_dir({"DJOBS_HOME": ""}) == default_state_dir()


def test_the_socket_is_inside_unless_its_path_would_be_too_long() -> None:
    longest = "/" + "s" * (103 - len("/run/d.sock") - 1)

    assert socket_path(longest) == f"{longest}/run/d.sock"
    assert len(os.fsencode(socket_path(longest))) == 103
    assert socket_path(longest + "s").startswith(f"/tmp/djobs-{os.getuid()}/")
    assert socket_path(longest + "s") != socket_path(longest + "t")
