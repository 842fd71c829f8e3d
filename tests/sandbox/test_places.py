"""What a command of a workspace is to see, from what is on the disk."""

import socket
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.executors.agent_login import Login, login_of
from djobs_daemon.executors.sandbox import places
from djobs_daemon.executors.sandbox.confinement import Confinement
from djobs_daemon.executors.sandbox.mounts import Kind, Mount, planned
from djobs_daemon.executors.sandbox.unix_sockets import listening, parsed
from djobs_protocol.errors import DjobsError
from tests.harness import needs
from tests.sandbox.scene import Scene


def confined(scene: Scene, workspace: Path | None = None, **wishes: Any) -> Confinement:
    wishes = {"home": str(scene.home), "network": False, "sockets": (), **wishes}
    return places.confine(str(workspace or scene.workspace), **wishes)


def test_secrets_that_are_there_are_hidden_folders_and_files_apart(scene: Scene) -> None:
    (scene.home / ".netrc").write_text("")
    found = confined(scene)
    assert str(scene.home / ".ssh") in found.hidden_folders
    assert str(scene.home / ".netrc") in found.hidden_files
    assert not any(".aws" in path for path in (*found.hidden_folders, *found.hidden_files))


def test_a_secret_that_is_granted_is_seen_and_no_other(scene: Scene) -> None:
    folder = scene.home / ".claude"
    folder.mkdir()
    login = folder / ".credentials.json"
    login.write_text("")
    assert str(login) in confined(scene, read_write=[str(folder)]).hidden_files
    granted = login_of("claude", ["/opt/cache", f"{folder}/"])
    assert granted.environ == {"CLAUDE_CONFIG_DIR": str(folder)}
    found = confined(scene, read_write=[str(folder)], revealed=granted.revealed)
    assert str(login) not in found.hidden_files
    assert str(scene.home / ".ssh") in found.hidden_folders


def test_a_cli_without_its_settings_folder_has_no_login() -> None:
    assert login_of("claude", ["/home/ann"]) == Login({"CLAUDE_CONFIG_DIR": "/tmp/claude"})
    assert login_of("codex", []) == Login({})
    assert login_of("text", ["/home/ann/.claude"]) == Login({})


def test_another_home_by_a_variable_does_not_bare_the_account_s_own(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "account_home", lambda: str(scene.home))
    found = confined(scene, home="/nonexistent")
    assert str(scene.home / ".ssh") in found.hidden_folders
    with pytest.raises(DjobsError, match="protects nothing"):
        confined(scene, scene.home, home="/nonexistent")


def test_a_secret_that_is_a_link_is_hidden_where_it_leads_to(scene: Scene) -> None:
    (scene.outside / "keys").mkdir()
    (scene.home / ".aws").symlink_to(scene.outside / "keys")
    assert str(scene.outside / "keys") in confined(scene).hidden_folders


def test_a_workspace_that_is_a_link_is_the_folder_it_leads_to(scene: Scene) -> None:
    (scene.folder / "alias").symlink_to(scene.workspace)
    assert confined(scene, scene.folder / "alias").workspace == str(scene.workspace)


def test_a_home_folder_or_what_holds_it_is_no_workspace(scene: Scene) -> None:
    for wide in (scene.home, scene.folder, Path("/")):
        with pytest.raises(DjobsError, match="protects nothing"):
            confined(scene, wide)
        with pytest.raises(DjobsError, match="protects nothing"):
            confined(scene, read_write=[str(wide)])


def test_what_is_missing_or_relative_is_named(scene: Scene) -> None:
    with pytest.raises(DjobsError, match="cannot be looked at"):
        confined(scene, read_write=["/nonexistent"])
    with pytest.raises(DjobsError, match="absolute"):
        confined(scene, Path("relative"))
    with pytest.raises(DjobsError, match="not a folder"):
        confined(scene, scene.victim)


def test_a_folder_cannot_be_hidden_and_worked_in(scene: Scene) -> None:
    with pytest.raises(DjobsError, match="to be hidden"):
        confined(scene, hidden=[str(scene.workspace)])


def test_git_s_folder_is_read_only_or_if_jobs_commit_what_it_runs(scene: Scene) -> None:
    git = scene.workspace / ".git"
    (git / "config").write_text("")
    assert confined(scene).read_only == (str(git),)
    assert confined(scene, git=True).read_only == (str(git / "hooks"), str(git / "config"))


def test_a_worktree_s_git_file_is_read_only_always(scene: Scene) -> None:
    (scene.workspace / ".git").rename(scene.outside / "repository")
    (scene.workspace / ".git").write_text(f"gitdir: {scene.outside}/repository\n")
    for git in (False, True):
        assert confined(scene, git=git).read_only == (str(scene.workspace / ".git"),)


def test_sockets_that_somebody_listens_on_are_hidden_but_for_the_workspace_s_own(
    scene: Scene,
) -> None:
    needs.linux("other systems do not tell")
    own = str(scene.workspace / "s")
    scene.listen_at("path")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(own)
        listener.listen()
        found = confined(scene, sockets=listening())
    assert str(scene.outside / "s") in found.hidden_files
    assert own not in found.hidden_files


def test_the_kernel_s_table_of_sockets_is_read() -> None:
    table = [
        "Num       RefCount Protocol Flags    Type St Inode Path\n",
        "0000000000000000: 00000002 00000000 00010000 0001 01 17654 /run/a b.sock\n",
        "0000000000000000: 00000003 00000000 00000000 0001 03 17655 /run/connected\n",
        "0000000000000000: 00000002 00000000 00010000 0001 01 17656 @abstract\n",
        "0000000000000000: 00000003 00000000 00000000 0001 03 17657\n",
    ]
    assert list(parsed(table)) == ["/run/a b.sock"]


def test_outer_mounts_come_first_and_the_stricter_wins() -> None:
    found = planned(
        Confinement("/w", read_only=("/w/a",), read_write=("/h/x",), hidden_folders=("/h", "/w/a"))
    )
    assert found == [
        Mount("/h", Kind.HIDDEN_FOLDER),
        Mount("/h/x", Kind.READ_WRITE),
        Mount("/w", Kind.READ_WRITE),
        Mount("/w/a", Kind.HIDDEN_FOLDER),
    ]


def test_folders_around_what_is_protected_cannot_be_renamed() -> None:
    found = planned(Confinement("/w", read_only=("/w/a/b/c", "/elsewhere/d")))
    assert [mount.path for mount in found if mount.kind is Kind.READ_WRITE] == [
        "/w",
        "/w/a",
        "/w/a/b",
    ]
