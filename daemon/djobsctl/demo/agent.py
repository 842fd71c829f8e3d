"""The coding agent of the demo, in a process of its own so that it can be killed like one.

A real MCP client over the real shim. Where a model would decide what to do next, it reads a line
from standard input; what it does it reports on standard output, one JSON object per line. It ends
when its standard input does.

``python -m djobsctl.demo.agent ROOT MODE``, where MODE is ``record`` (enqueue a task per file that
the first input line lists, then work) or ``resume`` (ask what is unfinished, then work).
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from djobsctl.demo.files import work_on

TASK_TYPE: Final = "fingerprint_file"
CALL_SECONDS: Final = 30.0

Task = tuple[str, str]
"""Id and file."""


def tell(beat: str, **values: Any) -> None:
    """Report one step to the narrator."""
    sys.stdout.write(json.dumps({"beat": beat, **values}) + "\n")
    sys.stdout.flush()


def shim_command(root: str) -> list[str]:
    """Return the command that an editor would be configured with."""
    import importlib.util

    spec = importlib.util.find_spec("djobs_shim")
    if spec is None or spec.origin is None:
        raise SystemExit("djobs_shim is not installed")
    main = os.path.join(os.path.dirname(spec.origin), "__main__.py")
    return [sys.executable, "-I", "-S", main, "--workspace", root]


def shim_environment() -> dict[str, str]:
    """Return what the shim needs beyond the SDK's defaults: where the demo's home is."""
    return {name: value for name, value in os.environ.items() if name.startswith("DJOBS_")}


class Agent:
    """One session: an MCP client with the few tools the story needs."""

    def __init__(self, client: Any, root: str) -> None:
        self._client = client
        self._root = root

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool and return its JSON; a tool error ends the agent with its text."""
        result = await self._client.call_tool(tool, arguments, read_timeout_seconds=CALL_SECONDS)
        text = "".join(getattr(block, "text", "") for block in result.content)
        if result.is_error:
            raise SystemExit(f"{tool}: {text}")
        answer: dict[str, Any] = json.loads(text)
        return answer

    async def record(self, files: Sequence[str]) -> list[Task]:
        """Enqueue a task per file, all in one call."""
        tasks = [{"task_type": TASK_TYPE, "payload": {"file": file}} for file in files]
        answer = await self.call("enqueue_task", {"tasks": tasks})
        tell("recorded", ids=answer["ids"])
        return list(zip(answer["ids"], files, strict=True))

    async def resume(self) -> list[Task]:
        """Ask what is unfinished here, page by page."""
        answer = await self.call("resume_session", {})
        unfinished, found = answer["unfinished"], list(answer.get("tasks", []))
        while answer.get("next_cursor"):
            answer = await self.call("resume_session", {"cursor": answer["next_cursor"]})
            found += answer.get("tasks", [])
        tell("found", unfinished=unfinished, listed=len(found))
        return [(task["id"], await self.file_of(task)) for task in found]

    async def file_of(self, task: dict[str, Any]) -> str:
        """Return the file a task is about; a long payload is clipped in lists."""
        payload = task["payload"]
        if not isinstance(payload, dict):
            payload = (await self.call("check_task", {"task_id": task["id"]}))["payload"]
        return str(payload["file"])

    async def work(self, task: Task) -> None:
        """Do one task and report it."""
        task_id, file = task
        tell("working", file=file)
        evidence = work_on(os.path.join(self._root, file))
        tell("reporting", file=file, evidence=evidence)
        await self.call("complete_task", {"task_id": task_id, "evidence": evidence})
        tell("done", file=file, evidence=evidence)


async def lines_of_stdin() -> AsyncIterator[str]:
    """Yield what the narrator says, until it closes the pipe."""
    import anyio.to_thread

    while line := await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        yield line.rstrip("\n")


async def play(root: str, mode: str) -> None:
    """Play one session."""
    from mcp import Client, StdioServerParameters

    tell("imported")
    command, *arguments = shim_command(root)
    server = StdioServerParameters(
        command=command, args=arguments, env=shim_environment(), cwd=root
    )
    words = lines_of_stdin()
    async with Client(server, read_timeout_seconds=CALL_SECONDS) as client:
        tell("connected", instructions=client.instructions or "")
        agent = Agent(client, root)
        first = await anext(words)
        tasks = await (agent.record(json.loads(first)) if mode == "record" else agent.resume())
        for task in tasks:
            if await anext(words, None) is None:
                return
            await agent.work(task)
        tell("finished")


def main() -> None:
    """Run one session."""
    import anyio

    _, root, mode = sys.argv
    anyio.run(play, root, mode)


if __name__ == "__main__":
    main()
