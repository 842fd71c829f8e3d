"""Resources: what an address names, what is read there, and who is told when it changes."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler

from djobs_daemon.mcp_server import messages, resources
from djobs_daemon.mcp_server.listening import acknowledgement
from djobs_daemon.mcp_server.messages import Message
from djobs_daemon.mcp_server.resources import JobSubject, WorkflowSubject, subject_of, workflow_uri
from djobs_daemon.mcp_server.updates import RESOURCES_MAX
from tests.clients.tokens import count_tokens
from tests.harness.daemon import DaemonHome, wait_until
from tests.harness.editor import LEGACY, MODERN, Editor
from tests.mcp.test_replay import ENVELOPE

HERE = "/repo/space"
UPDATED = messages.RESOURCE_UPDATED


@pytest.fixture(scope="module")
def home() -> Iterator[DaemonHome]:
    """Return a daemon that the tests of this module share."""
    with DaemonHome() as shared:
        shared.start()
        shared.wait_sdk()
        yield shared


@pytest.fixture(params=[LEGACY, MODERN])
def reader(request: pytest.FixtureRequest, home: DaemonHome) -> Iterator[Editor]:
    with Editor(home, HERE, version=request.param) as editor:
        editor.open()
        yield editor


@pytest.fixture
def worker(home: DaemonHome) -> Iterator[Editor]:
    with Editor(home, HERE) as editor:
        editor.open()
        yield editor


def read(editor: Editor, uri: str) -> dict[str, Any]:
    (contents,) = editor.result(editor.ask("resources/read", {"uri": uri}))["contents"]
    assert (contents["uri"], contents["mimeType"]) == (uri, "application/json")
    text: dict[str, Any] = json.loads(contents["text"])
    return text


def subscribe(editor: Editor, *uris: str) -> None:
    """Ask to be told of resources, as the era has it."""
    if editor.modern:
        wanted = {"resourceSubscriptions": [*uris]}
        meta = {messages.SUBSCRIPTION_KEY: editor.ask(messages.LISTEN, {"notifications": wanted})}
        said = {"method": messages.LISTENING, "params": {"_meta": meta, "notifications": wanted}}
        wait_until(lambda: {"jsonrpc": "2.0", **said} in editor.notifications, "acknowledged")
    else:
        for uri in uris:
            assert editor.result(editor.ask("resources/subscribe", {"uri": uri})) == {}


def updates(editor: Editor) -> list[str]:
    """Return which resources the editor was told of, in order."""
    return [each["params"]["uri"] for each in editor.notifications if each["method"] == UPDATED]


def told_of(editor: Editor, *uris: str) -> None:
    wait_until(lambda: set(updates(editor)) >= {*uris}, f"told of {uris}")


@pytest.mark.parametrize("name", ["/home/me/naïve project", "release 1.2/β", "a%20b", "?x#y"])
def test_the_address_of_a_workflow_leads_back_to_it(name: str) -> None:
    uri = workflow_uri(name)
    assert set(uri) <= set("djobs:/%.-_~") | set(map(chr, range(48, 123)))
    assert subject_of(uri) == WorkflowSubject(name)


@pytest.mark.parametrize(
    ("uri", "subject"),
    [
        ("djobs://job/j1xx", JobSubject("j1xx")),
        ("djobs://workflow//repo/a/", WorkflowSubject("/repo/a")),
        ("djobs://workflow/%2Frepo%2Fa", WorkflowSubject("/repo/a")),
        ("djobs://job/", None),
        ("djobs://workflow/", None),
        ("djobs://job/" + "x" * 1000, None),
        ("djobs://workflow/" + "x" * 10_000, None),
        ("djobs://other/x", None),
        ("file:///etc/passwd", None),
        ("", None),
    ],
)
def test_an_address_names_one_thing_or_nothing(uri: str, subject: Any) -> None:
    assert subject_of(uri) == subject


def test_this_workspace_is_listed_and_the_rest_has_forms(reader: Editor) -> None:
    (listed,) = reader.result(reader.ask("resources/list", {}))["resources"]
    assert listed["uri"] == workflow_uri(HERE)
    forms = reader.result(reader.ask("resources/templates/list", {}))["resourceTemplates"]
    assert [each["uriTemplate"] for each in forms] == [each.uri for each in resources.TEMPLATES]
    assert count_tokens(json.dumps([listed, forms])) < 200


def test_reading_a_resource_says_what_a_tool_says(reader: Editor) -> None:
    job_id = reader.call("enqueue_task", task_type="t", payload={"path": "a.py"})["id"]
    assert read(reader, f"djobs://job/{job_id}") == reader.call("check_task", task_id=job_id)
    assert read(reader, workflow_uri(HERE)) == reader.call("resume_session")
    assert read(reader, workflow_uri("nowhere"))["unfinished"] == 0


@pytest.mark.parametrize("uri", ["djobs://job/nope", "file:///etc/passwd"])
def test_what_is_not_there_is_refused_in_words(reader: Editor, uri: str) -> None:
    asked = [reader.ask("resources/read", {"uri": uri})]
    if not reader.modern:
        asked.append(reader.ask("resources/subscribe", {"uri": uri}))
    for number in asked:
        error = reader.answer(number)["error"]
        assert (error["code"], error["data"]["uri"]) == (-32602, uri)
        assert uri.rpartition("/")[2] in error["message"]


def test_a_subscriber_is_told_of_its_resources_and_of_no_others(
    reader: Editor, worker: Editor
) -> None:
    mine, other = worker.call("enqueue_task", tasks=[{"task_type": "t"}] * 2)["ids"]
    subscribe(reader, f"djobs://job/{mine}", workflow_uri("elsewhere"))
    worker.call("complete_task", task_id=other)
    worker.call("enqueue_task", task_type="t", correlation_id="elsewhere")
    told_of(reader, workflow_uri("elsewhere"))
    worker.call("complete_task", task_id=mine)
    told_of(reader, f"djobs://job/{mine}")
    assert set(updates(reader)) == {workflow_uri("elsewhere"), f"djobs://job/{mine}"}
    assert read(reader, f"djobs://job/{mine}")["state"] == "succeeded"


def test_many_changes_at_once_are_few_updates_and_the_last_is_told(
    reader: Editor, worker: Editor
) -> None:
    uri = workflow_uri("busy")
    subscribe(reader, uri)
    for _ in range(30):
        worker.call("enqueue_task", task_type="t", correlation_id="busy")
    last = worker.call("enqueue_task", task_type="t", correlation_id="busy")["id"]
    after = len(updates(reader))
    worker.call("complete_task", task_id=last)
    wait_until(lambda: len(updates(reader)) > after, "told of the last change")
    assert len(updates(reader)) < 15


def test_who_unsubscribes_is_told_no_more_and_the_next_daemon_knows(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()
    with Editor(daemon_home, HERE) as reader, Editor(daemon_home, HERE) as worker:
        reader.open()
        worker.open()
        dropped, kept = worker.call("enqueue_task", tasks=[{"task_type": "t"}] * 2)["ids"]
        subscribe(reader, f"djobs://job/{dropped}", f"djobs://job/{kept}")
        number = reader.ask("resources/unsubscribe", {"uri": f"djobs://job/{dropped}"})
        assert reader.result(number) == {}
        daemon_home.kill9()
        for job_id in (dropped, kept):
            worker.call("complete_task", task_id=job_id)
        told_of(reader, f"djobs://job/{kept}")
        assert set(updates(reader)) == {f"djobs://job/{kept}"}
        assert reader.strays == []


def test_a_cancelled_subscription_is_over(home: DaemonHome, worker: Editor) -> None:
    with Editor(home, HERE, version=MODERN) as reader:
        reader.open()
        uri, other = workflow_uri("cancelled"), workflow_uri("other")
        listen = reader.message(
            messages.LISTEN, {"notifications": {"resourceSubscriptions": [uri]}}
        )
        reader.say(listen)
        reader.notified(messages.LISTENING)
        reader.say(reader.cancel(listen))
        subscribe(reader, other)
        for workflow in ("cancelled", "other"):
            worker.call("enqueue_task", task_type="t", correlation_id=workflow)
        told_of(reader, other)
        assert updates(reader) == [other]


def test_a_subscription_that_is_refused_is_none(home: DaemonHome, worker: Editor) -> None:
    with Editor(home, HERE, version=MODERN) as reader:
        reader.open()
        uri, other = workflow_uri("refused"), workflow_uri("granted")
        wanted = {"resourceSubscriptions": [uri, 5]}
        assert "error" in reader.answer(reader.ask(messages.LISTEN, {"notifications": wanted}))
        subscribe(reader, other)
        for workflow in ("refused", "granted"):
            worker.call("enqueue_task", task_type="t", correlation_id=workflow)
        told_of(reader, other)
        assert updates(reader) == [other]


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_a_subscription_goes_on_in_the_next_daemon_which_tells_of_what_was_missed(
    daemon_home: DaemonHome, version: str
) -> None:
    daemon_home.start()
    uri = workflow_uri(HERE)
    with Editor(daemon_home, HERE, version=version) as reader:
        reader.open()
        subscribe(reader, uri)
        daemon_home.kill9()
        with daemon_home.connect(spawn=True, workspace=HERE) as connection:
            connection.call("job.enqueue", {"jobs": [{"type": "t"}]})
        told_of(reader, uri)
        reader.notifications.clear()
        with daemon_home.connect(workspace=HERE) as connection:
            connection.call("job.enqueue", {"jobs": [{"type": "t"}]})
        told_of(reader, uri)
        assert reader.strays == []
        assert read(reader, uri)["unfinished"] == 2


def test_the_resources_of_one_session_are_bounded(reader: Editor) -> None:
    uris = [workflow_uri(str(number)) for number in range(RESOURCES_MAX + 1)]
    if reader.modern:
        wanted = {"resourceSubscriptions": uris}
        refusal = reader.answer(reader.ask(messages.LISTEN, {"notifications": wanted}))
    else:
        subscribe(reader, *uris[:-1])
        refusal = reader.answer(reader.ask("resources/subscribe", {"uri": uris[-1]}))
        subscribe(reader, uris[0])  # one that is there already needs no room
    assert str(RESOURCES_MAX) in refusal["error"]["message"]


@pytest.mark.parametrize(
    ("wanted", "honoured"),
    [
        ({"toolsListChanged": True}, {"toolsListChanged": True}),
        (
            {"resourceSubscriptions": ["djobs://job/j1xx"], "toolsListChanged": False},
            {"resourceSubscriptions": ["djobs://job/j1xx"]},
        ),
        (
            {"resourceSubscriptions": [], "resourcesListChanged": True},
            {"resourcesListChanged": True},
        ),
        ({}, {}),
    ],
)
async def test_a_usual_subscription_is_acknowledged_at_once_as_the_sdk_would(
    wanted: dict[str, Any], honoured: dict[str, Any]
) -> None:
    message = Message(method=messages.LISTEN, id=5, params={"notifications": wanted})
    said = acknowledgement(message)
    assert said is not None
    assert json.loads(said)["params"] == {
        "_meta": {messages.SUBSCRIPTION_KEY: 5},
        "notifications": honoured,
    }
    assert json.loads(said)["params"] == await said_by_the_sdk(wanted)


async def said_by_the_sdk(wanted: dict[str, Any]) -> Any:
    """Return the params of the acknowledgement that the SDK's own handler begins with."""
    said: list[Any] = []

    async def note(notification: Any, **_: Any) -> None:
        said.append(notification)
        scope.cancel()

    context: Any = SimpleNamespace(request_id=5, session=SimpleNamespace(send_notification=note))
    asked = {"notifications": wanted, "_meta": ENVELOPE}
    params = types.SubscriptionsListenRequestParams.model_validate(asked, by_name=False)
    with anyio.CancelScope() as scope:
        await ListenHandler(InMemorySubscriptionBus())(context, params)
    return said[0].model_dump(by_alias=True, exclude_none=True)["params"]


@pytest.mark.parametrize(
    "wanted",
    [None, [], {"toolsListChanged": 1}, {"resourceSubscriptions": [1]}, {"newKind": True}],
)
def test_an_unusual_subscription_is_left_to_the_sdk(wanted: Any) -> None:
    message = Message(method=messages.LISTEN, id=5, params={"notifications": wanted})
    assert acknowledgement(message) is None
