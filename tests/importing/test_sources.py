"""Each tool's own format is read as the tool means it."""

import json
import shutil
from pathlib import Path

import pytest

from djobsctl.importing.items import Standing
from djobsctl.importing.orders import moment
from tests.importing.plans import SOURCES, UPSTREAM, items, project, read, read_one, upstream


@pytest.mark.parametrize("version", UPSTREAM)
def test_a_database_of_each_upstream_release_is_read(tmp_path: Path, version: str) -> None:
    source = read_one(upstream(tmp_path, version))
    assert (source.kind, source.problems) == ("djobs", [])
    by_payload = {json.dumps(item.content): item for item in source.items}
    model = by_payload['{"path": "model.py"}']
    view = by_payload['{"path": "view.py"}']
    readme = by_payload['{"path": "README.md"}']
    deploy = by_payload['{"to": "staging"}']
    assert (model.standing, model.state, model.max_attempts) == (Standing.DONE, "succeeded", 3)
    assert (readme.standing, readme.holder, readme.type) == (
        Standing.STARTED,
        "agent-1",
        "write_file",
    )
    assert (deploy.standing, deploy.said) == (Standing.FAILED, "no such host")
    assert (view.origin, view.workflow) == ({"idempotency_key": "view"}, "/repo/shop")
    later = next(item for item in source.items if item.type == "cleanup")
    assert moment(later.run_at) == "2040-01-02T03:04:05+00:00"
    if version != "0.2.0":  # which had neither of these
        assert (model.said, view.needs) == ("model.py written, 3 tests pass", (model.id,))
        assert view.resource_key == "view.py"
        old = next(item for item in source.items if item.type == "old")
        assert (old.standing, old.said) == (Standing.DONE, "ok")


def test_beads_issues_are_read() -> None:
    source = read_one(SOURCES / "beads.jsonl")
    found = items(source)
    assert source.passed_over == {"deleted issues": 1, "ephemeral issues": 1}
    assert list(found) == ["shop-a1", "shop-a1.1", "shop-a1.2", "shop-b2", "shop-c3"]
    view, bug, later = found["shop-a1.2"], found["shop-b2"], found["shop-c3"]
    assert (view.needs, view.parent, view.priority) == (("shop-a1.1",), "shop-a1", 5)
    assert (view.standing, view.holder, view.line) == (Standing.STARTED, "polecat", 3)
    assert view.content["labels"] == ["ui"]
    assert (bug.needs, bug.priority, bug.type) == (("shop-c3",), 1, "bug")
    assert bug.content["comments"] == ["Only on Mondays"]
    assert (later.standing, later.run_at) == (Standing.DEFERRED, "2040-01-01T00:00:00Z")
    assert (found["shop-a1.1"].standing, found["shop-a1.1"].said) == (Standing.DONE, "In cart.go")


def test_backlog_tasks_are_read(tmp_path: Path) -> None:
    folder = project(tmp_path) / "backlog"
    (folder / "drafts/draft-1 - Idea.md").parent.mkdir(exist_ok=True)
    (folder / "drafts/draft-1 - Idea.md").write_text("---\nid: DRAFT-1\n---\n")
    source = read_one(folder)
    found = items(source)
    assert list(found) == ["TASK-1", "TASK-2", "TASK-2.1", "TASK-3"]
    assert source.passed_over == {"drafts": 1}
    assert source.workspace == str(tmp_path)
    model, view, draw, long = found.values()
    assert (model.title, model.standing) == ("Model: what a 'cart' is", Standing.DONE)
    assert model.said == "Types in cart.py."
    assert "Tables and types." in model.content["description"]
    assert "SECTION" not in model.content["description"]
    assert (view.standing, view.needs, view.priority) == (Standing.STARTED, ("TASK-1",), 3)
    assert (draw.parent, draw.holder, draw.priority) == ("TASK-2", "@ada", 7)
    assert long.title == "A long title " + " ".join(["that goes on and on"] * 6)
    assert long.content == {"labels": ["ui", "later"]}


def test_a_backlog_s_last_status_is_its_end_whatever_it_is_called(tmp_path: Path) -> None:
    folder = project(tmp_path) / "backlog"
    (folder / "config.yml").write_text('statuses: ["Idea", "To Do", "In Progress", "Shipped"]\n')
    for name, state in (("a", "Shipped"), ("b", "Idea"), ("c", "To Do"), ("d", "Odd")):
        (folder / f"tasks/{name}.md").write_text(f"---\nid: {name}\nstatus: {state}\n---\n")
    found = items(read_one(folder))
    assert [found[name].standing for name in "ABCD"] == [
        Standing.DONE,
        Standing.OPEN,
        Standing.STARTED,
        Standing.OPEN,
    ]


def test_task_master_s_tags_are_plans_of_their_own(tmp_path: Path) -> None:
    sources = read(project(tmp_path) / ".taskmaster/tasks/tasks.json")
    assert [source.part for source in sources] == ["master", "hotfix"]
    assert len({source.identity for source in sources}) == 2
    found = items(sources[0])
    assert list(found) == ["1", "2", "2.1", "2.2", "3"]
    assert found["1"].standing is Standing.DONE
    assert found["1"].content == {"description": "Tables", "details": "In SQL"}
    assert (found["2"].needs, found["2.2"].needs) == (("1",), ("2.1",))
    assert (found["2.1"].parent, found["2.1"].standing) == ("2", Standing.STARTED)
    assert (found["3"].standing, found["3"].priority) == (Standing.DEFERRED, 7)


def test_task_master_s_older_form_is_one_plan_and_bare_numbers_are_siblings(
    tmp_path: Path,
) -> None:
    parts = [{"id": 1, "title": "a"}, {"id": 2, "title": "b", "dependencies": [1, "3"]}]
    tasks = [{"id": 1, "title": "whole", "subtasks": parts}, {"id": 3, "title": "other"}]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps({"tasks": tasks}))
    assert items(read_one(path))["1.2"].needs == ("1.1", "3")


def test_claude_code_s_tasks_are_read_in_the_order_they_were_made() -> None:
    source = read_one(SOURCES / "claude")
    found = items(source)
    assert list(found) == ["1", "2", "10"]
    assert source.identity == "6f0c9d3e-shop"
    assert (found["2"].standing, found["2"].holder) == (Standing.STARTED, "builder")
    assert found["2"].needs == ("1",)
    assert found["10"].needs == ("2",), "task 2 says that it blocks 10; task 7 is gone"
    assert found["10"].content["metadata"] == {"ticket": "SHOP-12"}
    assert sorted(source.passed_over.values()) == [1, 1]


def test_claude_code_s_older_todos_are_read_and_equal_ones_stay_apart() -> None:
    source = read_one(SOURCES / "claude-todos.json")
    assert [item.standing for item in source.items] == [
        Standing.DONE,
        Standing.STARTED,
        Standing.OPEN,
        Standing.OPEN,
    ]
    assert len(items(source)) == 4
    assert source.items[0].priority == 3


def test_what_claude_code_itself_wrote_is_read() -> None:
    found = items(read_one(SOURCES / "claude-2.1.34" / "tasks"))
    standings = {name: item.standing for name, item in found.items()}
    assert standings == {"1": Standing.DONE, "2": Standing.STARTED, "3": Standing.OPEN}
    assert [found[name].needs for name in ("2", "3")] == [("1",), ("2",)], "4 was deleted there"
    assert (found["3"].title, found["3"].holder) == ('Ship: "it", für alle', "sam")
    todos = read_one(SOURCES / "claude-2.1.34" / "todos")
    assert [item.title for item in todos.items] == ["One", "Two", "Three"]
    assert [str(item.standing) for item in todos.items] == ["done", "started", "open"]


def test_a_project_shows_all_that_is_in_it(tmp_path: Path) -> None:
    upstream(project(tmp_path), "0.22.0")
    kinds = [source.kind for source in read(tmp_path)]
    assert kinds == ["backlog", "beads", "task-master", "task-master", "djobs"]


def test_a_project_s_plan_is_the_same_by_whatever_path_it_is_read(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    shutil.copytree(SOURCES / "claude", tmp_path / "claude")
    (tmp_path / "link").symlink_to(folder)
    for part in (".beads", ".beads/issues.jsonl", "backlog"):
        there, linked = read_one(folder / part), read_one(tmp_path / "link" / part)
        assert there.identity == linked.identity
        assert there.identity in {source.identity for source in read(folder)}
