"""An agent hands work over through its editor, goes on, and finds the files in its workspace."""

from pathlib import Path

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.editor import LEGACY, MODERN, Editor
from tests.harness.length import all_but_slow
from tests.llm.child import need_sdks
from tests.llm.servers.openai_chat import OpenAIChat
from tests.llm.servers.script import at_paths
from tests.work.test_asked_models import CONFIG

BATCH = [
    {
        "task_type": "test_gen",
        "spec": "Write pytest suite for src/auth/tokens.py covering all public functions",
        "output_path": "tests/test_tokens.py",
        "context_files": ["src/auth/tokens.py"],
        "priority": 3,
    },
    {
        "task_type": "write_file",
        "spec": "Write a CHANGELOG entry for the auth refactor in conventional commits format",
        "output_path": "CHANGELOG.md",
        "priority": 5,
    },
]


@pytest.mark.parametrize("version", all_but_slow(1, [LEGACY, MODERN]))
def test_a_batch_is_handed_over_and_its_files_appear(version: str, tmp_path: Path) -> None:
    need_sdks()
    (tmp_path / "src/auth").mkdir(parents=True)
    (tmp_path / "src/auth/tokens.py").write_text("def issue(): return 1\n")
    provider = OpenAIChat(
        at_paths({"tests/test_tokens.py": "def test_issue(): ...\n"}),
        at_paths({"CHANGELOG.md": "feat(auth)!: issue tokens anew\n"}),
    )
    with provider, DaemonHome(DJOBS_EXECUTOR_JOBS_MAX="1") as home:
        Path(home.state, "config.toml").write_text(CONFIG.format(url=provider.base_url))
        secrets = Path(home.state, "secrets.env")
        secrets.touch(0o600)
        secrets.write_text("OWN_KEY=k\n")
        home.start()
        with Editor(home, str(tmp_path), version) as editor:
            editor.open()
            ids = editor.call("submit_batch", tasks=BATCH)["ids"]
            assert len(ids) == 2
            assert editor.call("wait_task", task_ids=ids, timeout_seconds=60)["done"]
            first = editor.call("check_task", task_id=ids[0])
            assert first["state"] == "succeeded"
            assert "tests/test_tokens.py (new, 22 bytes)" in first["evidence"]
            stats = editor.call("stats")
            assert stats["counts"] == {"succeeded": 2}
            assert stats["cost_usd"] == pytest.approx(0.006)
    assert (tmp_path / "tests/test_tokens.py").read_text() == "def test_issue(): ...\n"
    assert (tmp_path / "CHANGELOG.md").read_text().startswith("feat(auth)")
    assert "def issue()" in str(provider.bodies[0]["messages"])  # the more urgent one first


def test_a_command_is_handed_over_watched_and_stopped(tmp_path: Path) -> None:
    with DaemonHome() as home:
        home.start()
        with Editor(home, str(tmp_path)) as editor:
            editor.open()
            done = editor.call("submit_task", task_type="shell", spec="echo hello")
            assert editor.call("wait_task", task_ids=[done["id"]])["ended"] == {
                done["id"]: "succeeded"
            }
            assert editor.call("task_log", task_id=done["id"])["output"] == "hello\n"
            long = editor.call(
                "submit_task",
                task_type="shell",
                spec=["sh", "-c", "echo begun; exec sleep 1000"],
                max_duration="1h",
                depends_on=[done["id"]],
            )
            seen = editor.call("task_log", task_id=long["id"], wait_seconds=20)
            assert (seen["output"], seen["running"]) == ("begun\n", True)
            assert editor.call("cancel_task", task_id=long["id"])["state"] == "running"
            assert editor.call("wait_task", task_ids=[long["id"]])["ended"] == {
                long["id"]: "stopped"
            }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task_type": "shell", "spec": "ls | wc"}, "spec joins or redirects commands"),
        ({"task_type": "dance", "spec": "x"}, "There is no executor for the type 'dance'"),
        ({"task_type": "shell"}, "missing argument spec"),
        ({"task_type": "shell", "spec": "x", "max_duration": "soon"}, "expected a length such as"),
        ({"task_type": "shell", "spec": "x", "output_path": "y"}, "output_path"),
    ],
)
def test_what_is_wrong_is_said_at_once(
    arguments: dict[str, str], message: str, running_daemon: DaemonHome, tmp_path: Path
) -> None:
    with Editor(running_daemon, str(tmp_path)) as editor:
        editor.open()
        assert message in editor.refusal("submit_task", **arguments)["message"]
