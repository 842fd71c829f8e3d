"""What is written for each host, and that taking it out leaves the file as it was."""

import os
from pathlib import Path

import pytest

from djobs_setup import approving
from djobs_setup.finding import file_of, find, place_of
from djobs_setup.hosts import BY_NAME, HOSTS, SCOPES, Scope
from djobs_setup.machine import Machine
from tests.setup.desk import Desk
from tests.setup.samples import BEFORE

GOLDEN = Path(__file__).with_name("golden")
PLACES = [
    (host.name, scope) for host in HOSTS for scope in SCOPES if place_of(host, scope) is not None
]


def path_of(desk: Desk, name: str, scope: Scope) -> Path:
    place = place_of(BY_NAME[name], scope)
    assert place is not None
    return Path(file_of(BY_NAME[name], place, desk.machine))


@pytest.mark.parametrize(("name", "scope"), PLACES)
def test_what_is_written_is_as_recorded_and_taken_out_without_a_trace(
    name: str, scope: Scope, desk: Desk
) -> None:
    before = BEFORE.get((name, scope))
    path = path_of(desk, name, scope)
    path.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        path.write_bytes(before.encode())
        path.chmod(0o640)
    there = desk.everything()
    desk.wire(name, scope=scope)
    shown = f"{desk.machine.shown(str(path))}\n" + path.read_bytes().decode()
    golden = GOLDEN / f"{name}-{scope}.txt"
    if os.environ.get("DJOBS_UPDATE_GOLDEN"):
        golden.write_bytes(shown.encode())
    assert shown == golden.read_bytes().decode()
    assert [step.verdict for step in desk.plan(name, scope=scope)] == ["wired"]
    desk.unwire()
    assert desk.everything() == there


@pytest.mark.parametrize(("name", "scope"), PLACES)
def test_a_host_without_a_file_gets_one_and_loses_it_with_its_folders(
    name: str, scope: Scope, desk: Desk
) -> None:
    there = desk.everything()
    desk.wire(name, scope=scope)
    mode = path_of(desk, name, scope).stat().st_mode & 0o777
    assert mode == (0o600 if scope == "user" else 0o666 & ~_umask())
    desk.unwire()
    assert desk.everything() == there


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_host_is_found_by_its_folder_or_its_program(desk: Desk, tmp_path: Path) -> None:
    assert find(desk.machine, "user") == []
    (desk.home / ".cursor").mkdir()
    program = tmp_path / "bin" / "gemini"
    program.parent.mkdir()
    program.touch(0o755)
    machine = Machine("linux", str(desk.home), {"PATH": str(program.parent)}, str(desk.project))
    assert [(each.host.name, each.sign) for each in find(machine, "user")] == [
        ("cursor", "~/.cursor"),
        ("gemini-cli", str(program)),
    ]


def test_a_project_s_files_show_who_works_in_it(desk: Desk) -> None:
    (desk.project / ".vscode").mkdir()
    (desk.project / ".windsurf").mkdir()  # it reads no servers from a project
    assert [each.host.name for each in find(desk.machine, "project")] == ["vscode"]
    assert find(desk.machine, "user") == []


@pytest.mark.parametrize(
    ("name", "platform", "environ", "path"),
    [
        ("vscode", "darwin", {}, "/h/Library/Application Support/Code/User/mcp.json"),
        ("vscode", "win32", {"APPDATA": "/h/Roaming"}, "/h/Roaming/Code/User/mcp.json"),
        ("claude-desktop", "linux", {}, "/h/.config/Claude/claude_desktop_config.json"),
        ("zed", "darwin", {}, "/h/.config/zed/settings.json"),
        ("zed", "linux", {"XDG_CONFIG_HOME": "/x"}, "/x/zed/settings.json"),
        ("codex", "linux", {"CODEX_HOME": "/c"}, "/c/config.toml"),
        ("claude-code", "linux", {}, "/h/.claude.json"),
        ("claude-code", "linux", {"CLAUDE_CONFIG_DIR": "/c"}, "/c/.claude.json"),
    ],
)
def test_a_file_is_where_the_platform_and_the_environment_say(
    name: str, platform: str, environ: dict[str, str], path: str
) -> None:
    host = BY_NAME[name]
    assert file_of(host, host.user, Machine(platform, "/h", environ, "/p")) == path


def test_of_two_names_for_a_file_the_one_that_is_there_counts(desk: Desk) -> None:
    folder = desk.home / ".config" / "opencode"
    folder.mkdir(parents=True)
    assert path_of(desk, "opencode", "user").name == "opencode.json"
    (folder / "opencode.jsonc").touch()
    assert path_of(desk, "opencode", "user").name == "opencode.jsonc"


def test_hosts_that_read_the_same_file_are_told_once(desk: Desk) -> None:
    (step,) = desk.wire("claude-code", "copilot-cli", scope="project")
    assert step.wish.hosts == ("claude-code", "copilot-cli")


def test_the_tools_that_need_no_approval_are_those_that_change_nothing() -> None:
    from djobs_daemon.mcp_server.catalog import ALL_TOOLS

    assert {tool.name for tool in ALL_TOOLS if tool.read_only} == set(approving.READ_ONLY_TOOLS)


@pytest.mark.parametrize("approve", ["read-only", "full"])
@pytest.mark.parametrize("name", [host.name for host in HOSTS if host.approvals])
def test_approvals_are_written_as_recorded_and_go_with_the_rest(
    name: str, approve: str, desk: Desk
) -> None:
    there = desk.everything()
    desk.wire(name, approve=approve)
    shown = "".join(
        f"{desk.machine.shown(path)}\n{found[0].decode()}"
        for path, found in sorted(desk.everything().items())
        if found is not None
    )
    golden = GOLDEN / f"{name}-approve-{approve}.txt"
    if os.environ.get("DJOBS_UPDATE_GOLDEN"):
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8")
    desk.unwire()
    assert desk.everything() == there


def test_nothing_is_approved_unasked(desk: Desk) -> None:
    desk.wire(*BY_NAME)
    for found in desk.everything().values():
        text = b"" if found is None else found[0]
        for word in (b"rove", b"trust", b"allow"):
            assert word not in text
