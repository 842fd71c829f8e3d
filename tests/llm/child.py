"""The program as the runner starts it: a process of its own, in which no network can be reached."""

import asyncio
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

import djobs_llm
from djobs_llm.contract import (
    USAGE_FILE,
    Answer,
    Provider,
    Request,
    Route,
    decode_answer,
    encode_request,
)
from djobs_llm.job import Job
from djobs_llm.usage_lines import UsageLine
from tests.harness import needs
from tests.harness.waiting import PATIENCE_SECONDS
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.bedrock_converse import BedrockConverse
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.openai_responses import OpenAIResponses
from tests.llm.servers.provider import ScriptedProvider

PROGRAM = Path(djobs_llm.__file__).parent / "__main__.py"
SECONDS_MAX = 2 * PATIENCE_SECONDS
"""It loads an SDK before it does anything."""
KEY = "sk-test-0123456789abcdefKEY"
AWS_KEY = "aws-secret-0123456789abcdefKEY"
DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens there, so whoever asks for an address outside is refused."""

MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-6.1-sol",
    "bedrock": "global.anthropic.claude-sonnet-5-5",
    "own": "qwen3:8b",
}
"""A model of each provider, all but the last with a known price."""


class Place(NamedTuple):
    """The folders of one job."""

    workspace: Path
    folder: Path

    @classmethod
    def below(cls, folder: Path) -> "Place":
        """Make them."""
        place = cls(folder / "workspace", folder / "job")
        place.workspace.mkdir()
        place.folder.mkdir()
        return place

    @property
    def request(self) -> Path:
        return self.folder / "request.json"

    @property
    def answer(self) -> Path:
        return self.folder / "answer.json"

    @property
    def usage(self) -> Path:
        return self.folder / USAGE_FILE

    def lines(self) -> list[UsageLine]:
        """Return the usage lines."""
        lines = self.usage.read_bytes().splitlines() if self.usage.exists() else []
        return [msgspec.json.decode(line, type=UsageLine) for line in lines]


class Ended(NamedTuple):
    """A program that has ended."""

    status: int
    answer: Answer
    log: str


def need_sdks() -> None:
    """Need what the extra ``djobs[llm]`` installs."""
    for name in ("pydantic_ai", "genai_prices", "anthropic", "openai", "boto3"):
        if find_spec(name) is None:
            needs.lacking("llm", f"{name} is not installed; pip install -e '.[llm]' does it")


def provider_of(server: ScriptedProvider) -> tuple[str, Provider]:
    """Return the name and the settings by which a scripted provider is asked."""
    match server:
        case AnthropicMessages():
            settings = Provider(kind="anthropic", key_env="TEST_KEY", base_url=server.base_url)
            return "anthropic", settings
        case OpenAIResponses():
            return "openai", Provider(kind="openai", key_env="TEST_KEY", base_url=server.base_url)
        case OpenAIChat():
            return "own", Provider(kind="openai_compatible", base_url=server.base_url)
        case BedrockConverse():
            return "bedrock", Provider(kind="bedrock", base_url=server.base_url, region="eu-west-1")
        case _:
            raise AssertionError(server)


def request_to(place: Place, *servers: ScriptedProvider, **changes: Any) -> Request:
    """Return a request that asks the servers in turn."""
    named = [provider_of(server) for server in servers]
    request = Request(
        type="write_file",
        spec="Write a greeting.",
        workspace=str(place.workspace),
        routes=tuple(Route(provider=name, model=MODELS[name]) for name, _ in named),
        providers=dict(named),
    )
    return msgspec.structs.replace(request, **changes)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program: keys, and no way out of this machine."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "TEST_KEY": KEY,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": AWS_KEY,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        **dict.fromkeys(proxies, DEAD_PROXY),
        **more,
    }


def start(
    place: Place, request: Request, *, launcher: tuple[str, ...] = (), **more: str
) -> subprocess.Popen[str]:
    """Start the program; its log is its standard error."""
    place.request.write_bytes(encode_request(request))
    return subprocess.Popen(
        [*launcher, sys.executable, "-I", str(PROGRAM), str(place.request), str(place.answer)],
        cwd=place.workspace,
        env=environment(place.folder, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(place: Place, request: Request, **options: Any) -> Ended:
    """Run the program to its end."""
    child = start(place, request, **options)
    out, log = child.communicate(timeout=SECONDS_MAX)
    assert out == "", out
    assert place.answer.exists(), log
    return Ended(child.returncode, decode_answer(place.answer.read_bytes()), log)


def do(place: Place, request: Request) -> Answer:
    """Do the job in this process, which saves the start of another where that is not the point."""
    return asyncio.run(Job(request, place.folder, os.environ, lambda line: None).answer())
