"""An SDK client that declares roots, enqueues one task and prints the answer."""

import os
import sys
from typing import Any

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters
from pydantic import FileUrl


async def main(python: str, shim: str, root: str, mode: str) -> None:
    async def list_roots(context: Any) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri=FileUrl(f"file://{root}"))])

    server = StdioServerParameters(
        command=python, args=["-I", "-S", shim], env=dict(os.environ), cwd=os.getcwd()
    )
    async with Client(server, mode=mode, list_roots_callback=list_roots) as client:
        result = await client.call_tool("enqueue_task", {"task_type": "x"})
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    sys.stdout.write(block.text)


python, shim, root, mode = sys.argv[1:]
anyio.run(main, python, shim, root, mode)
