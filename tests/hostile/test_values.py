"""Values that are trouble, through both doors: each gets an answer that helps."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Ask, Editor
from tests.hostile.peer import Peer, enqueue, greeted

DEPTHS = [50, 150, 250, 600, 5_000, 100_000]
REFUSALS = ("parse_error", "invalid_params")
ANSWER_SECONDS = 10.0
SURROGATE = r'"\ud800"'


@pytest.fixture(params=[LEGACY, MODERN])
def editor(daemon: DaemonHome, request: pytest.FixtureRequest) -> Iterator[Editor]:
    """Return a client of either era on the shared daemon; no message may go astray."""
    with Editor(daemon, version=request.param) as opened:
        opened.open()
        yield opened
        assert opened.strays == []
        opened.call("health")


@pytest.fixture
def program(daemon: DaemonHome) -> Iterator[Peer]:
    """Return a program's connection on the shared daemon, which must work to the end."""
    with greeted(daemon) as peer:
        yield peer
        peer.say({"jsonrpc": "2.0", "id": "last", "method": "daemon.health"})
        assert peer.message()["id"] == "last"


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def raw_call(editor: Editor, payload: str) -> int:
    """Send an enqueue whose payload is raw JSON text; return the request's id."""
    request = editor.tool_call(Ask("enqueue_task", {"task_type": "x", "payload": "@"}))
    editor.write(json.dumps(request).replace('"@"', payload).encode() + b"\n")
    return int(request["id"])


def is_refused(answer: dict[str, Any]) -> bool:
    return "error" in answer or bool(answer["result"].get("isError"))


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deeply_nested_payload_is_stored_or_refused_over_rpc(program: Peer, depth: int) -> None:
    secret = '"password=hunter2hunter2"'  # so that it is also searched
    for leaf in ("1", secret):
        payload = nested(depth).replace("1", leaf)
        request = '{"jsonrpc":"2.0","id":1,"method":"job.enqueue","params":{"jobs":[{"type":"x",'
        program.write((request + f'"payload":{payload}' + "}]}}\n").encode())
        answer = program.message()
        if "error" in answer:
            assert answer["error"]["data"]["code"] in REFUSALS
        else:
            job_id = answer["result"]["jobs"][0]["id"]
            assert "result" in program_answer(program, job_id)


def program_answer(program: Peer, job_id: str) -> dict[str, Any]:
    """Ask for a job without decoding its depths."""
    program.say({"jsonrpc": "2.0", "id": 2, "method": "job.get", "params": {"job_id": job_id}})
    line = program.line()
    return {"result": 1} if b'"result":' in line else {"error": line}


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deeply_nested_payload_is_stored_or_refused_over_mcp(editor: Editor, depth: int) -> None:
    number = raw_call(editor, nested(depth))
    answer = editor.answer(number, ANSWER_SECONDS)
    assert is_refused(answer) or json.loads(answer["result"]["content"][0]["text"])["id"]


@pytest.mark.parametrize("depth", DEPTHS)
def test_deep_nesting_anywhere_else_is_answered_over_mcp(editor: Editor, depth: int) -> None:
    request = editor.tool_call(Ask("health", {}))
    request["params"]["deep"] = "@"
    editor.write(json.dumps(request).replace('"@"', nested(depth)).encode() + b"\n")
    editor.answer(request["id"], ANSWER_SECONDS)


def test_a_lone_surrogate_is_refused_over_rpc(program: Peer) -> None:
    for place in ('"type":%s', '"type":"x","payload":%s', '"type":"x","idempotency_key":%s'):
        job = "{" + place % SURROGATE + "}"
        program.write(
            b'{"jsonrpc":"2.0","id":1,"method":"job.enqueue","params":{"jobs":[%b]}}\n'
            % job.encode()
        )
        answer = program.message()
        assert answer["error"]["data"]["code"] in REFUSALS, answer


def test_a_lone_surrogate_is_refused_over_mcp(editor: Editor) -> None:
    for payload in (f'{{"a":{SURROGATE}}}', f"{{{SURROGATE}:1}}", r'"{\"a\":\"\\ud800\"}"'):
        answer = editor.answer(raw_call(editor, payload), ANSWER_SECONDS)
        assert is_refused(answer), answer


def test_nul_and_every_other_character_come_back_as_they_went(program: Peer) -> None:
    text = "".join(map(chr, range(0x250))) + "\u2028\ufeff\uffff\U0001f600\U0010ffff"
    job_id = enqueue(program, {text: text})
    program.ask("job.complete", job_id=job_id, evidence=text)
    job = program.ask("job.get", job_id=job_id)["result"]["job"]
    assert job["payload"] == {text: text}
    assert job["evidence"] == text


def test_nul_in_names_is_kept_or_refused(program: Peer, daemon: DaemonHome) -> None:
    job = {"type": "a\0b", "idempotency_key": "k\0", "resource_key": "\0"}
    answer = program.ask("job.enqueue", jobs=[job], correlation_id="c\0d")
    assert "result" in answer or answer["error"]["data"]["code"] == "invalid_params"
    assert program.ask("db.check")["result"]["ok"]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 5000, "NaN", "Infinity", "1.5e-400"])
def test_numbers_beyond_all_bounds_are_stored_or_refused(
    program: Peer, editor: Editor, number: str
) -> None:
    program.write(
        b'{"jsonrpc":"2.0","id":1,"method":"job.enqueue",'
        b'"params":{"jobs":[{"type":"x","payload":{"n":%b}}]}}\n' % number.encode()
    )
    answer = program.message()
    assert "result" in answer or answer["error"]["data"]["code"] in (
        "parse_error",
        "invalid_params",
    )
    editor.answer(raw_call(editor, f'{{"n":{number}}}'), ANSWER_SECONDS)


def test_unknown_methods_are_named_over_rpc(program: Peer) -> None:
    answer = program.ask("no.such.method")
    assert answer["error"]["code"] == -32601
    assert "no.such.method" in answer["error"]["message"]


def test_unknown_methods_are_answered_over_mcp(editor: Editor) -> None:
    for method in ("no/such/method", "", "hello"):
        assert editor.answer(editor.ask(method, {}), ANSWER_SECONDS)["error"]["code"] == -32601, (
            method
        )


@pytest.mark.parametrize("params", ["5", '"text"', "[1]", "null", "true", '{"_meta":5}'])
@pytest.mark.parametrize("method", ["tools/call", "tools/list", "ping", "prompts/list"])
def test_params_of_a_wrong_type_are_answered_over_mcp(
    daemon: DaemonHome, method: str, params: str
) -> None:
    with Editor(daemon) as editor:
        editor.open()
        request = editor.message(method, {})
        request["params"] = "@"
        editor.write(json.dumps(request).replace('"@"', params).encode() + b"\n")
        editor.answer(request["id"], ANSWER_SECONDS)
        assert editor.strays == []


@pytest.mark.parametrize("method", ["5", "null", '["tools/list"]', "{}"])
def test_a_method_of_a_wrong_type_is_answered_over_mcp(daemon: DaemonHome, method: str) -> None:
    with Editor(daemon) as editor:
        editor.open()
        request = editor.message("@", {})
        editor.write(json.dumps(request).replace('"@"', method).encode() + b"\n")
        if method != "null":  # without a method it is an answer, to no question of ours
            assert editor.answer(request["id"], ANSWER_SECONDS)["error"]
        editor.call("health")


@pytest.mark.parametrize("field", ["name", "arguments"])
@pytest.mark.parametrize("value", [5, None, [1], True, "text"])
def test_a_tool_call_of_wrong_types_is_answered(editor: Editor, field: str, value: Any) -> None:
    request = editor.tool_call(Ask("health", {}))
    request["params"][field] = value
    editor.say(request)
    editor.answer(request["id"], ANSWER_SECONDS)


def test_wrong_types_everywhere_are_refused_by_name_over_rpc(program: Peer) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("job.enqueue", {"jobs": "x"}),
        ("job.enqueue", {"jobs": []}),
        ("job.enqueue", {"jobs": [{"type": 5}]}),
        ("job.enqueue", {"jobs": [{"type": ""}]}),
        ("job.enqueue", {"jobs": [{"type": "x", "priority": 11}]}),
        ("job.enqueue", {"jobs": [{"type": "x", "max_attempts": -1}]}),
        ("job.enqueue", {"jobs": [{"type": "x", "depends_on": "j1"}]}),
        ("job.complete", {"job_id": 5}),
        ("job.complete", {"job_id": "j1", "evidence": {}}),
        ("job.list", {"limit": -1}),
        ("job.list", {"limit": 10**30}),
        ("job.list", {"states": ["bogus"]}),
        ("job.list", {"cursor": "bogus"}),
        ("session.resume", {"cursor": "9" * 99}),
        ("audit.query", {"since": "yesterday"}),
        ("audit.query", {"cursor": "-1"}),
    ]
    for method, params in wrong:
        assert program.refusal(method, **params) == "invalid_params", (method, params)


def test_two_requests_under_one_id_are_both_answered_over_rpc(program: Peer) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "daemon.health"}
    program.write((json.dumps(ping) + "\n").encode() * 2)
    assert [program.message()["id"] for _ in range(2)] == [1, 1]


def test_requests_under_one_id_never_wedge_a_session(daemon: DaemonHome) -> None:
    """More of them than may be under way at once."""
    with Peer(daemon) as peer:
        peer.attach()
        opening = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {}}
        opening["clientInfo"] = {"name": "twin", "version": "1"}
        peer.say({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": opening})
        assert peer.message()["id"] == 0
        call = {"name": "health", "arguments": {}}
        twin = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        peer.write((json.dumps(twin) + "\n").encode() * 200)
        assert [peer.message()["id"] for _ in range(200)] == [1] * 200
        peer.say({**twin, "id": 2})
        assert "result" in peer.message()
