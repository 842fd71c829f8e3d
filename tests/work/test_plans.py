"""A whole plan in one call, named by keys of the caller's own."""

from pathlib import Path
from typing import Any

from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor


def test_an_agent_records_a_plan_by_its_own_keys_and_is_given_it_in_order(
    running_daemon: DaemonHome, tmp_path: Path
) -> None:
    plan: list[dict[str, Any]] = [
        {"task_type": "test", "depends_on": ["parser", "printer"], "priority": 1},
        {"task_type": "tidy", "depends_on": ["parser"], "on_dependency_failure": "cancel"},
        {"task_type": "parser", "graph_key": "parser"},
        {"task_type": "printer", "graph_key": "printer"},
    ]
    with Editor(running_daemon, str(tmp_path)) as editor:
        editor.open()
        circle = [{**plan[2], "depends_on": ["printer"]}, {**plan[3], "depends_on": ["parser"]}]
        assert editor.refusal("enqueue_task", tasks=circle)["error"] == "dependency_cycle"
        ids = editor.call("enqueue_task", tasks=plan)["ids"]

        printer = editor.call("claim_task", task_types=["printer", "test"])["id"]
        editor.call("complete_task", task_id=printer, evidence="prints")
        editor.call("fail_task", task_id=ids[2], error="cannot")

        assert printer == ids[3]
        assert editor.call("check_task", task_id=ids[1])["state"] == "cancelled"
        (waits,) = editor.call("why_task", task_id=ids[0])["waits_for"]
        assert ids[2] in waits["why"]
