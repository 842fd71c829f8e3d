"""Work that a model does: written into the workspace, paid for once, put off when nobody can."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError
from tests.harness.daemon import DaemonHome
from tests.llm.child import need_sdks
from tests.llm.servers.anthropic_messages import AnthropicMessages
from tests.llm.servers.errors import rate_limit
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.provider import ScriptedProvider
from tests.llm.servers.script import INPUT_TOKENS, OUTPUT_TOKENS, Answer, at_paths
from tests.work.hand_over import ended

CONFIG = """
[llm]
tiers = {{ auto = ["own:small"], large = ["own:large"] }}
[llm.providers.own]
kind = "openai_compatible"
base_url = "{url}"
key_env = "OWN_KEY"
[llm.prices]
"own:small" = {{ input = 1.0, output = 10.0 }}
[types.haiku]
executor = "llm"
system = "Answer with a haiku."
output = "text"
[types.pipeline]
executor = "shell"
allow_shell = true
"""


@contextmanager
def asking(provider: ScriptedProvider, workspace: Path, more: str = "") -> Iterator[Connection]:
    """Give a session of a daemon whose models are a scripted provider's."""
    need_sdks()
    with provider, DaemonHome() as home:
        Path(home.state, "config.toml").write_text(CONFIG.format(url=provider.base_url) + more)
        secrets = Path(home.state, "secrets.env")
        secrets.touch(0o600)
        secrets.write_text("# of the tests\nexport OWN_KEY='planted-key-of-the-tests'\n")
        home.start()
        with home.connect(workspace=str(workspace)) as connection:
            yield connection
            assert connection.call("db.check").get("problems", []) == []
        for path in Path(home.state).rglob("*"):
            if path.is_file() and path != secrets:
                assert b"planted-key" not in path.read_bytes(), path


def submit(connection: Connection, job_type: str, spec: str, **payload: Any) -> str:
    job = {"type": job_type, "managed_by": "executor", "payload": {"spec": spec, **payload}}
    job_id: str = connection.call("job.enqueue", {"jobs": [job]})["jobs"][0]["id"]
    return job_id


def test_a_file_is_written_into_the_workspace_and_its_cost_is_kept(tmp_path: Path) -> None:
    provider = OpenAIChat(at_paths({"docs/a.md": "# A\n"}))
    with asking(provider, tmp_path) as at:
        job = ended(at, submit(at, "write_file", "Describe A.", output_path="docs/a.md"))
        assert job["state"] == "succeeded", job
        assert (tmp_path / "docs/a.md").read_text() == "# A\n"
        assert job["evidence"].startswith("docs/a.md (new, 4 bytes); small: 1,000 tokens in, 200")
        stats = at.call("queue.stats", {})
        assert stats["usage"] == [
            {
                "provider": "own",
                "model": "small",
                "jobs": 1,
                "input_tokens": INPUT_TOKENS,
                "output_tokens": OUTPUT_TOKENS,
                "cached_tokens": 400,
                "cost_usd": 0.003,
            }
        ]
        headers = {name.lower(): value for name, value in provider.asked[0].headers.items()}
        assert headers["authorization"] == "Bearer planted-key-of-the-tests"


def test_the_project_s_rules_and_the_context_are_said_to_the_model(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("Never use tabs.")
    (tmp_path / "a.py").write_text("answer = 42")
    provider = OpenAIChat(Answer(text="It is fine."))
    with asking(provider, tmp_path) as at:
        job = ended(at, submit(at, "review", "Review a.py", context_files=["a.py"]))
        assert job["state"] == "succeeded", job
        assert job["evidence"].endswith("It is fine.")
        said = str(provider.bodies[0]["messages"])
        assert said.index("Never use tabs.") < said.index("answer = 42")


def test_large_context_goes_before_the_model(tmp_path: Path) -> None:
    provider = OpenAIChat(Answer(text="Short."))
    with asking(provider, tmp_path) as at:
        job_id = submit(at, "summarize", "All of it", model="own:small", large_context=True)
        assert "price unknown" in ended(at, job_id)["evidence"]
        assert provider.bodies[0]["model"] == "large"
        (row,) = at.call("queue.stats", {})["usage"]
        assert "cost_usd" not in row


@pytest.mark.slow
def test_a_provider_at_its_limit_costs_no_attempt_and_is_asked_again_when_it_said(
    tmp_path: Path,
) -> None:
    provider = OpenAIChat(rate_limit(OpenAIChat, retry_after="2"), Answer(text="At last."))
    with asking(provider, tmp_path) as at:
        job_id = submit(at, "summarize", "x")
        job = ended(at, job_id)
        assert (job["state"], job["attempt"]) == ("succeeded", 1)
        kinds = [each["kind"] for each in at.call("job.get", {"job_id": job_id})["events"]]
        assert kinds == ["enqueued", "claimed", "released", "claimed", "succeeded"]


def test_an_answer_that_is_no_good_fails_once_and_is_paid_for(tmp_path: Path) -> None:
    provider = OpenAIChat(at_paths({"../out.md": "x"}))
    with asking(provider, tmp_path) as at:
        job = ended(at, submit(at, "write_file", "x", output_path="in.md"))
        assert (job["state"], job["exit_code"]) == ("failed", 1)
        assert job["last_error"].startswith("output_invalid: ")
        assert at.call("queue.stats", {})["usage"][0]["input_tokens"] >= INPUT_TOKENS
    assert not (tmp_path.parent / "out.md").exists()


def test_the_configured_limits_hold(tmp_path: Path) -> None:
    provider = OpenAIChat(at_paths({"../out.md": "x"}))
    with asking(provider, tmp_path, "[llm.limits]\ncost_usd = 0.001\n") as at:
        job = ended(at, submit(at, "write_file", "x"))
        assert job["last_error"].startswith("limit_reached: "), job
        assert len(provider.asked) == 1
        assert "max_completion_tokens" not in provider.bodies[0]  # what a model can write differs


def test_what_a_stream_said_of_its_cost_before_it_was_cut_is_paid_for(tmp_path: Path) -> None:
    provider = AnthropicMessages(Answer(text="Half of it.", cut_after=3))
    config = (
        '[llm.providers.cut]\nkind = "anthropic"\nkey_env = "OWN_KEY"\n'
        f'base_url = "{provider.base_url}"\n'
    )
    with provider, asking(OpenAIChat(Answer()), tmp_path, config) as at:
        job = ended(at, submit(at, "review", "x", model="cut:claude-sonnet-5-5"))
        assert job["last_error"].startswith("connection_cut: "), job
        (row,) = at.call("queue.stats", {})["usage"]
        assert (row["provider"], row["input_tokens"]) == ("cut", INPUT_TOKENS)
        assert row["cost_usd"] > 0


def test_a_type_of_one_s_own_has_its_own_prompt(tmp_path: Path) -> None:
    provider = OpenAIChat(Answer(text="An old silent pond"))
    with asking(provider, tmp_path) as at:
        assert "silent pond" in ended(at, submit(at, "haiku", "A frog."))["evidence"]
        assert "Answer with a haiku." in str(provider.bodies[0]["messages"])


def test_a_type_of_one_s_own_may_go_through_a_shell(tmp_path: Path) -> None:
    with asking(OpenAIChat(Answer()), tmp_path) as at:
        job = ended(at, submit(at, "pipeline", "printf 'b\\na\\n' | sort > sorted; cat sorted"))
        assert job["state"] == "succeeded"
        assert (tmp_path / "sorted").read_text() == "a\nb\n"


def test_without_a_key_the_refusal_says_what_to_set(tmp_path: Path) -> None:
    with DaemonHome() as home:
        home.env["HOME"] = str(tmp_path)  # without AWS files
        home.start()
        with home.connect(workspace=str(tmp_path)) as at:
            job = ended(at, submit(at, "write_file", "x", model="gpt-4o"))
            assert job["state"] == "failed"
            assert "OPENAI_API_KEY" in job["last_error"]
            assert "secrets.env" in job["last_error"]


def test_keys_that_others_may_read_are_not_used(tmp_path: Path) -> None:
    provider = OpenAIChat(Answer(text="x"))
    with asking(provider, tmp_path) as at:
        home = at.call("daemon.status", {})["home"]
        os.chmod(f"{home}/secrets.env", 0o644)
        job = ended(at, submit(at, "summarize", "x"))
        assert job["state"] == "failed"
        assert "chmod 600" in job["last_error"]
        assert not provider.asked


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[llm]\nnonsense = 1\n", "unknown field `nonsense`"),
        ("[llm.providers.x]\nkind = 'openai'\nbase_ulr = 'y'\n", "unknown field `base_ulr`"),
        ("[llm.limits]\ncost_us = 1\n", "unknown field `cost_us`"),
        ("[llm.limits]\ncost_usd = -1\n", "cost_usd"),
        ("[types.review]\nexecutor = 'shell'\n", "is built in"),
        ("[types.x]\nexecutor = 'shell'\nsandbox = 'moat'\n", "sandbox"),
        ("[types.x]\nexecutor = 'llm'\n", "needs system"),
        ("[other]\nx = 1\n", "[other]"),
    ],
)
def test_a_config_that_is_wrong_is_named_at_the_start(content: str, complaint: str) -> None:
    with DaemonHome() as home:
        Path(home.state, "config.toml").write_text(content)
        with pytest.raises(AssertionError) as failure:
            home.start()
        assert complaint in str(failure.value)


def test_what_is_wrong_with_a_payload_is_said_when_it_is_handed_over(tmp_path: Path) -> None:
    with asking(OpenAIChat(Answer()), tmp_path) as at:
        with pytest.raises(DjobsError, match="unknown field `outputpath`"):
            submit(at, "write_file", "x", outputpath="y")
        with pytest.raises(DjobsError, match="spec is empty"):
            submit(at, "write_file", " ")
