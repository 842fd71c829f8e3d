"""Let the real Claude Code write its task files, without an account.

    python -m tests.importing.make_claude CLI_JS

``CLI_JS`` is ``cli.js`` of ``@anthropic-ai/claude-code@2.1.34``, the kind of release that is one
JavaScript file. It talks to a stand-in on this machine instead of its service: that asks for one
tool call after the other, and the program carries them out and writes what it writes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parent / "sources" / "claude-2.1.34"
SECONDS_MAX: Final = 120
Call = tuple[str, dict[str, Any]]


def create(subject: str, description: str, **more: Any) -> Call:
    """Ask for one more task."""
    content = {"subject": subject, "description": description, "activeForm": "Working"}
    return "TaskCreate", content | more


def update(task: str, **changes: Any) -> Call:
    """Ask for a change of a task."""
    return "TaskUpdate", {"taskId": task, **changes}


TASKS: Final[Sequence[Call]] = (
    create("Model the cart", "Tables and types"),
    create("Show the cart", "Pages"),
    create('Ship: "it", für alle', "All of it", metadata={"estimate": 3}),
    create("Not after all", "Nobody wants it"),
    update("2", addBlockedBy=["1"]),
    update("3", addBlockedBy=["2", "4"], owner="sam"),
    update("1", status="completed"),
    update("2", status="in_progress", owner="me"),
    update("4", status="deleted"),
)
TODOS: Final[Sequence[Call]] = (
    (
        "TodoWrite",
        {
            "todos": [
                {"content": "One", "status": "completed", "activeForm": "Doing one"},
                {"content": "Two", "status": "in_progress", "activeForm": "Doing two"},
                {"content": "Three", "status": "pending", "activeForm": "Doing three"},
            ]
        },
    ),
)


class Answering(BaseHTTPRequestHandler):
    """Answers each turn of the conversation with the next call, and the last with a word."""

    def __init__(self, calls: Sequence[Call], *arguments: Any) -> None:
        self._calls = calls
        super().__init__(*arguments)

    def do_POST(self) -> None:
        """Answer a message, as a stream of events."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        tools = {tool.get("name") for tool in asked.get("tools", ())}
        turn = sum(_is_result(part) for each in asked["messages"] for part in _parts(each))
        call = self._calls[turn] if turn < len(self._calls) else None
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in _events(call if call and call[0] in tools else None, turn):
            line = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            self.wfile.write(line.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _parts(message: dict[str, Any]) -> list[Any]:
    return message["content"] if isinstance(message["content"], list) else []


def _is_result(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_result"


def _events(call: Call | None, turn: int) -> list[dict[str, Any]]:
    block: dict[str, Any] = {"type": "text", "text": ""}
    delta: dict[str, Any] = {"type": "text_delta", "text": "Done."}
    if call is not None:
        block = {"type": "tool_use", "id": f"toolu_{turn:04d}", "name": call[0], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
    stop = {"stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None}
    message: dict[str, Any] = {
        "id": f"msg_{turn}",
        "type": "message",
        "role": "assistant",
        "model": "stand-in",
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]


def converse(cli: str, calls: Sequence[Call], home: str, *, tasks: bool) -> None:
    """Have the program carry out the calls in a home of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answering, calls))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}",
        "ANTHROPIC_API_KEY": "none-needed",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_ENABLE_TASKS": "1" if tasks else "0",
        "CLAUDE_CODE_TASK_LIST_ID": "plan",
    }
    command = ["node", cli, "-p", "Plan it."]
    subprocess.run(command, cwd=home, env=environment, check=True, timeout=SECONDS_MAX)
    server.shutdown()


def main() -> None:
    """Make both kinds of files."""
    cli = os.path.realpath(sys.argv[1])
    shutil.rmtree(TARGET, ignore_errors=True)
    with tempfile.TemporaryDirectory() as home:
        converse(cli, TASKS, home, tasks=True)
        shutil.copytree(Path(home, ".claude/tasks"), TARGET / "tasks")
    with tempfile.TemporaryDirectory() as home:
        converse(cli, TODOS, home, tasks=False)
        (TARGET / "todos").mkdir()
        (written,) = Path(home, ".claude/todos").glob("*.json")
        shutil.copy(written, TARGET / "todos" / "session-agent-session.json")


if __name__ == "__main__":
    main()
