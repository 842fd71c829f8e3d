"""One MCP session over the real shim and the real daemon, in both eras."""

import json
import secrets
import socket
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from djobs_protocol.endpoint import socket_path
from djobs_protocol.limits import FRAME_BYTES_MAX
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import LEGACY, MODERN, Editor

ERAS = pytest.mark.parametrize("version", [LEGACY, MODERN])


@pytest.fixture(scope="module")
def daemon() -> Iterator[DaemonHome]:
    """One daemon for the file: each test has a workspace of its own."""
    with DaemonHome() as home:
        home.start()
        yield home


@pytest.fixture
def here() -> str:
    return f"/repo/{secrets.token_hex(4)}"


@ERAS
def test_the_instructions_carry_the_unfinished_count_of_the_workspace(
    daemon: DaemonHome, version: str, here: str
) -> None:
    with Editor(daemon, here, version) as editor:
        assert "nothing is unfinished" in editor.open()["instructions"]
        editor.call("enqueue_task", task_type="x", tasks=[{}, {}, {}])

    with Editor(daemon, here, version) as again:
        assert f'"{here}": 3 tasks are unfinished since' in again.open()["instructions"]
    with Editor(daemon, "/another/space", version) as elsewhere:
        assert "nothing is unfinished" in elsewhere.open()["instructions"]


@ERAS
def test_a_new_session_resumes_exactly_what_is_left(
    daemon: DaemonHome, version: str, here: str
) -> None:
    with Editor(daemon, here, version) as editor:
        editor.open()
        tasks = [{"payload": {"path": f"{n}.py"}} for n in range(5)]
        ids = editor.call("enqueue_task", task_type="docstring", tasks=tasks)["ids"]
        editor.call("complete_task", task_id=ids[0], evidence="done")
        editor.call("fail_task", task_id=ids[1], error="cannot")
        editor.kill9()

    with Editor(daemon, here, version) as again:
        again.open()
        page = again.call("resume_session")
        assert [task["id"] for task in page["tasks"]] == ids[2:]
        assert (page["unfinished"], page["failed"]) == (3, 1)


@ERAS
def test_wrong_arguments_are_tool_errors(daemon: DaemonHome, version: str, here: str) -> None:
    with Editor(daemon, here, version) as editor:
        editor.open()

        assert "status_filter" in editor.refusal("list_tasks", status_filter="done")["message"]
        assert editor.refusal("no_such_tool")["error"] == "invalid_params"
        assert editor.refusal("check_task", task_id="j1zz")["error"] == "job_not_found"


@ERAS
def test_a_monster_is_refused_by_name_and_the_session_goes_on(
    daemon: DaemonHome, version: str, here: str
) -> None:
    with Editor(daemon, here, version) as editor:
        editor.open()

        refusal = editor.refusal("enqueue_task", task_type="x", payload={"text": "x" * 10_000_000})

        assert refusal["error"] == "frame_too_large"
        assert str(FRAME_BYTES_MAX) in refusal["message"]
        assert editor.call("health")["status"] == "ok"


def test_ping_is_answered_in_the_legacy_era(daemon: DaemonHome, here: str) -> None:
    with Editor(daemon, here, LEGACY) as editor:
        editor.open()

        assert editor.result(editor.ask("ping", {})) == {}


def test_an_envelope_on_a_legacy_connection_is_refused_by_the_sdk(
    daemon: DaemonHome, here: str
) -> None:
    with Editor(daemon, here, LEGACY) as editor:
        editor.open()
        meta: dict[str, Any] = {"io.modelcontextprotocol/protocolVersion": MODERN}
        capabilities: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {}}

        answer = editor.answer(editor.ask("tools/list", {"_meta": {**meta, **capabilities}}))

        assert answer["error"]["code"] == -32600


def test_initialize_on_a_modern_connection_is_refused_by_the_sdk(
    daemon: DaemonHome, here: str
) -> None:
    with Editor(daemon, here, MODERN) as editor:
        editor.open()
        client = {"name": "editor", "version": "1"}
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}

        answer = editor.answer(editor.ask("initialize", params))

        assert answer["error"]["code"] == -32022


def test_a_method_we_do_not_serve_is_answered_at_once(daemon: DaemonHome, here: str) -> None:
    with Editor(daemon, here, LEGACY) as editor:
        editor.open()

        assert editor.answer(editor.ask("prompts/list", {}))["error"]["code"] == -32601


@ERAS
def test_the_handshake_is_answered_while_the_sdk_is_still_loading(
    daemon_home: DaemonHome, version: str, here: str
) -> None:
    daemon_home.start(DJOBS_FP="mcp.load=hang")

    with Editor(daemon_home, here, version) as editor:
        assert "djobs keeps a durable task list" in editor.open()["instructions"]
        assert len(editor.result(editor.ask("tools/list", {}))["tools"]) == 8
        wait_until(lambda: daemon_home.status()["mcp"] == "loading", "the SDK is being loaded")


@pytest.mark.slow
def test_the_sdk_is_loaded_soon_though_no_editor_comes(daemon_home: DaemonHome) -> None:
    daemon_home.start()

    assert daemon_home.status()["mcp"] == "unloaded"
    wait_until(lambda: daemon_home.status()["mcp"] == "ready", "the SDK is loaded unasked")


@ERAS
def test_the_early_answers_are_the_ones_the_sdk_gives_later(
    daemon: DaemonHome, version: str, here: str
) -> None:
    with Editor(daemon, here, version) as editor:
        editor.open()
        early = editor.result(editor.ask("tools/list", {}))
        editor.call("health")  # the SDK has the connection now

        assert editor.result(editor.ask("tools/list", {})) == early


def test_tools_that_changed_while_the_daemon_was_replaced_are_announced(
    daemon: DaemonHome,
) -> None:
    hello: dict[str, Any] = {"link": 1, "session": "ab" * 16, "resume": 1, "next": 3}
    hello |= {"last": {"instance": "0", "build": "0.0.1", "tools": "00000000"}, "cwd": "/"}
    hello |= {"seqs": [[1, 1], [2, 0]]}
    client = {"name": "editor", "version": "1"}
    params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}
    opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    welcome, kept, notice = say_as_shim(daemon, [hello, opening, initialized], expect=3)

    assert welcome.startswith(b"~")
    assert kept == b"+2\n"
    assert json.loads(notice)["method"] == "notifications/tools/list_changed"


def test_a_shim_of_a_newer_link_is_told_what_to_do(daemon: DaemonHome) -> None:
    hello = {"link": 99, "session": "ab" * 16, "next": 1, "build": "9.9.9"}

    (refusal,) = say_as_shim(daemon, [hello], expect=1)

    assert refusal.startswith(b"!")
    assert b"9.9.9" in refusal
    assert b"djobsctl restart" in refusal


def say_as_shim(home: DaemonHome, messages: list[dict[str, Any]], expect: int) -> list[bytes]:
    """Speak to the daemon as a shim would and return the first lines it says."""
    with socket.socket(socket.AF_UNIX) as shim:
        shim.settimeout(10)
        shim.connect(socket_path(home.state))
        shim.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        with shim.makefile("rb") as reader:
            return [reader.readline() for _ in range(expect)]


def test_a_clean_end_drops_the_kept_answers_of_the_session(daemon: DaemonHome, here: str) -> None:
    with Editor(daemon, here, LEGACY) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")
        assert kept_answers(daemon) == 1
        editor.end()

    wait_until(lambda: kept_answers(daemon) == 0, "the answers are dropped")


def kept_answers(home: DaemonHome) -> int:
    with sqlite3.connect(f"file:{home.state}/jobs.db?mode=ro", uri=True) as database:
        (count,) = database.execute("SELECT count(*) FROM requests").fetchone()
    database.close()
    return int(count)
