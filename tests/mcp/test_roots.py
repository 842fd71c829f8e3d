"""Where a client says its projects are: a help where it is right, and never a harm."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djobs_daemon.mcp_server.roots import QUESTIONS_MAX, choose, folders
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import LEGACY, MAIN, MODERN, Ask, Editor

ROOTS_CLIENT = Path(__file__).parent / "roots_client.py"
STRANGE: list[Any] = [
    {"roots": [{"uri": "vscode-vfs://github/x/y"}]},
    {"roots": [{"uri": "file://server/share"}, {"uri": "http://[::1"}, {"uri": "file:relative"}]},
    {"roots": [{"uri": 5}, {}, "file:///x", None]},
    {"roots": {"uri": "file:///x"}},
    {"roots": []},
    {},
]
TASK = Ask("enqueue_task", {"task_type": "x"})


@pytest.fixture(scope="module")
def daemon() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


class Folders:
    """A root, a folder inside it, and an editor's own folder elsewhere."""

    def __init__(self, top: Path) -> None:
        self.root, self.elsewhere = top / "root", top / "elsewhere"
        for folder in (self.root / ".git", self.root / "inside", self.elsewhere):
            folder.mkdir(parents=True)


@pytest.fixture
def place(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def client(daemon: DaemonHome, place: Folders, version: str = LEGACY) -> Editor:
    return Editor(daemon, None, version, {"roots": {"listChanged": True}}, str(place.elsewhere))


def tell(editor: Editor, question: dict[str, Any], *uris: str) -> None:
    roots = {"roots": [{"uri": uri} for uri in uris]}
    editor.say({"jsonrpc": "2.0", "id": question["id"], "result": roots})


def where(editor: Editor, number: int) -> str:
    return str(editor.outcome(number)[1]["correlation_id"])


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_real_client_with_roots_and_nothing_surer_works_in_its_root(
    daemon: DaemonHome, place: Folders, mode: str
) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOTS_CLIENT), sys.executable, str(MAIN), str(place.root), mode],
        env={**daemon.env, "PYTHONWARNINGS": "ignore"},
        cwd=place.elsewhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert json.loads(done.stdout)["correlation_id"] == str(place.root)


def test_a_client_is_asked_before_its_first_call(daemon: DaemonHome, place: Folders) -> None:
    with client(daemon, place) as editor:
        said = editor.open()["instructions"]
        tell(editor, editor.asked_for("roots/list"), (place.root / "inside").as_uri())

        assert editor.call("enqueue_task", task_type="x")["correlation_id"] == str(place.root)
    assert str(place.elsewhere) not in said
    assert "call resume_session first" in said


def test_a_client_with_a_surer_workspace_is_not_asked(daemon: DaemonHome) -> None:
    with Editor(daemon, "/repo/told", LEGACY, {"roots": {}}) as editor:
        editor.open()
        editor.call("enqueue_task", task_type="x")

        assert editor.questions == []


def test_calls_before_the_answer_wait_for_it_however_many_they_are(
    daemon: DaemonHome, place: Folders
) -> None:
    with client(daemon, place) as editor:
        editor.open()
        numbers = editor.ask_all([TASK] * 200)
        tell(editor, editor.asked_for("roots/list"), place.root.as_uri())

        groups = Counter(where(editor, number) for number in numbers)

    assert groups == {str(place.root): 200}
    assert len(editor.questions) == 1


def test_an_answer_that_comes_late_counts_for_later_calls(
    daemon: DaemonHome, place: Folders
) -> None:
    with client(daemon, place) as editor:
        editor.open()
        assert editor.call("enqueue_task", task_type="x")["correlation_id"] == str(place.elsewhere)
        tell(editor, editor.asked_for("roots/list"), place.root.as_uri())

        assert editor.call("enqueue_task", task_type="x")["correlation_id"] == str(place.root)


def test_a_client_whose_roots_change_is_asked_again(daemon: DaemonHome, place: Folders) -> None:
    with client(daemon, place) as editor:
        editor.open()
        tell(editor, editor.asked_for("roots/list"), place.elsewhere.as_uri())
        assert editor.call("enqueue_task", task_type="x")["correlation_id"] == str(place.elsewhere)
        editor.say({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"})
        (number,) = editor.ask_all([TASK])
        wait_until(lambda: len(editor.questions) == 2, "a second question")
        tell(editor, editor.questions[1], place.root.as_uri())

        assert where(editor, number) == str(place.root)


def test_the_next_daemon_asks_too(daemon_home: DaemonHome, place: Folders) -> None:
    daemon_home.start()
    with client(daemon_home, place) as editor:
        editor.open()
        tell(editor, editor.asked_for("roots/list"), place.root.as_uri())
        editor.call("health")
        daemon_home.kill9()
        (number,) = editor.ask_all([TASK])
        wait_until(lambda: len(editor.questions) == 2, "the next daemon's question")
        tell(editor, editor.questions[1], place.root.as_uri())

        assert where(editor, number) == str(place.root)
    assert len({question["id"] for question in editor.questions}) == 2


@pytest.mark.parametrize(
    "answer", [*({"result": each} for each in STRANGE), {"error": {"code": 1}}]
)
def test_a_strange_answer_breaks_no_call(
    daemon: DaemonHome, place: Folders, answer: dict[str, Any]
) -> None:
    with client(daemon, place) as editor:
        editor.open()
        question = editor.asked_for("roots/list")
        editor.say({"jsonrpc": "2.0", "id": question["id"], **answer})

        assert editor.call("enqueue_task", task_type="x")["correlation_id"] == str(place.elsewhere)


def modern_call(editor: Editor, **more: Any) -> dict[str, Any]:
    params = {"name": "enqueue_task", "arguments": {"task_type": "x"}, **more}
    return editor.result(editor.ask("tools/call", params))


@pytest.mark.parametrize("answer", [*({"roots": each} for each in STRANGE), {"other": 1}, [], 7])
def test_a_strange_answer_of_the_modern_era_breaks_no_call(
    daemon: DaemonHome, place: Folders, answer: Any
) -> None:
    with client(daemon, place, MODERN) as editor:
        editor.open()
        assert modern_call(editor)["resultType"] == "input_required"
        repeated = modern_call(editor, inputResponses=answer)

        assert json.loads(repeated["content"][0]["text"])["correlation_id"] == str(place.elsewhere)
        assert modern_call(editor)["resultType"] == "complete"


def test_the_roots_of_a_repeated_call_are_the_workspace(daemon: DaemonHome, place: Folders) -> None:
    roots = {"roots": {"roots": [{"uri": "other://x"}, {"uri": place.root.as_uri()}]}}
    with client(daemon, place, MODERN) as editor:
        assert "call resume_session first" in editor.open()["instructions"]
        modern_call(editor)
        for more in ({"inputResponses": roots}, {}, {"unknownMember": 1, "inputResponses": roots}):
            answer = json.loads(modern_call(editor, **more)["content"][0]["text"])

            assert answer["correlation_id"] == str(place.root)


def test_a_modern_client_that_never_answers_for_its_roots_is_served_all_the_same(
    daemon: DaemonHome, place: Folders
) -> None:
    with client(daemon, place, MODERN) as editor:
        editor.open()
        kinds = [modern_call(editor)["resultType"] for _ in range(QUESTIONS_MAX + 1)]

    assert kinds == ["input_required"] * QUESTIONS_MAX + ["complete"]


def test_the_root_around_the_folder_of_the_start_is_preferred(tmp_path: Path) -> None:
    for name in ("one", "two/inside"):
        (tmp_path / name).mkdir(parents=True)
    known = [str(tmp_path / "one"), str(tmp_path / "two")]

    assert choose(known, str(tmp_path / "two" / "inside")).path == str(tmp_path / "two")
    assert choose(known, str(tmp_path / "twofold")).path == str(tmp_path / "one")


def test_a_roots_uri_is_read_as_a_path() -> None:
    assert folders({"roots": [{"uri": "file:///a%20b"}, {"uri": "file://localhost/c"}]}) == [
        "/a b",
        "/c",
    ]
