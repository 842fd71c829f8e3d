"""A CLI that does as its task says: ``python fake_cli.py``, the task on stdin, a step on each line.

What it prints has the shape of the real one's stream; ``tests/clients/test_agent_jobs.py`` holds
the two against each other.
"""

import json
import os
import signal
import sys
import time
from typing import Any

SESSION = "0d209342-9f47-4005-aa44-9437c58710b5"
MODEL = "claude-opus-5-5"


def put(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(event: dict[str, Any]) -> None:
    put(json.dumps({**event, "session_id": SESSION}))


def turn(number: int, block: dict[str, Any]) -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 2}
    message = {"id": f"msg_{number}", "model": MODEL, "content": [block], "usage": usage}
    say({"type": "assistant", "message": message, "parent_tool_use_id": None})


def result(**more: Any) -> None:
    total = {
        "inputTokens": 100,
        "outputTokens": 20,
        "cacheReadInputTokens": 50,
        "cacheCreationInputTokens": 0,
        "costUSD": 0.25,
        "provider": "firstParty",
    }
    say(
        {
            "type": "result",
            "subtype": "success",
            "is_error": False,
            "result": "All done.",
            "num_turns": 1,
            "total_cost_usd": 0.25,
            "modelUsage": {MODEL: total},
            **more,
        }
    )


def main() -> None:
    servers = [{"name": "djobs", "status": "connected"}]
    say({"type": "system", "subtype": "init", "model": MODEL, "mcp_servers": servers})
    for number, line in enumerate(filter(None, sys.stdin.read().splitlines()), 1):
        word, _, rest = line.partition(" ")
        match word:
            case "write":
                path, _, text = rest.partition(" ")
                if folder := os.path.dirname(path):
                    os.makedirs(folder, exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text + "\n")
                arguments = {"file_path": path}
                turn(number, {"type": "tool_use", "name": "Write", "input": arguments})
            case "remove":
                os.unlink(rest)
            case "link":
                os.symlink("/etc/passwd", rest)
            case "say":
                turn(number, {"type": "text", "text": rest})
            case "raw":
                put(rest)
            case "environ":
                turn(number, {"type": "text", "text": os.environ.get(rest, "unset")})
            case "wait":
                while not os.path.exists(rest):
                    time.sleep(0.02)
            case "hang":
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.pause()
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "limited":
                say(
                    {
                        "type": "rate_limit_event",
                        "rate_limit_info": {"status": "rejected", "resetsAt": int(rest)},
                    }
                )
                refused = {"is_error": True, "api_error_status": 429, "result": "API Error: 429"}
                result(**refused, modelUsage={})
                return
            case "quit":
                sys.exit(int(rest))
            case "result":
                result()
            case _:
                sys.exit(f"{word!r} is no step")


if __name__ == "__main__":
    main()
