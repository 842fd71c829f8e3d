"""What is damaged at a source is named by file and line, and spoils nothing silently."""

import os
from pathlib import Path

import pytest

from djobs_protocol.limits import PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX
from djobsctl.importing.choosing import Wishes
from djobsctl.importing.files import Unreadable, loads
from djobsctl.importing.front_matter import Malformed, members, split
from djobsctl.importing.items import Source
from djobsctl.importing.kinds import find
from djobsctl.importing.orders import Terms
from djobsctl.importing.work import prepare
from tests.importing.plans import issue, issues, project, read_one, upstream


def told(source: Source) -> list[tuple[str, int | None]]:
    return [(os.path.basename(each.path), each.line) for each in source.problems]


def test_each_bad_line_of_beads_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = issues(
        tmp_path / "issues.jsonl",
        b'{"id": "cut", "titl',
        b'{"id": "\xff", "title": "no UTF-8"}',
        b"",
        b"[1]",
        issue("good"),
        {"title": "no id", "status": "open"},
        b'{"id": "nan", "title": "t", "priority": NaN}',
        b"[" * 100_000,
    )
    source = read_one(path)
    assert [item.id for item in source.items] == ["good"]
    assert [line for _, line in told(source)] == [1, 2, 4, 6, 7, 8]


def test_an_issue_that_waits_for_a_failure_is_a_problem_as_no_job_can(tmp_path: Path) -> None:
    edge = {"issue_id": "b", "depends_on_id": "a", "type": "conditional-blocks"}
    source = read_one(
        issues(tmp_path / "i.jsonl", issue("a"), issue("b") | {"dependencies": [edge]})
    )
    assert source.problems[0].left_out == "the dependency"


def test_issues_that_wait_for_what_is_deleted_or_elsewhere_wait_for_nothing(tmp_path: Path) -> None:
    gone = issue("gone", status="tombstone")
    outside = "external:other:feature"
    source = read_one(issues(tmp_path / "i.jsonl", gone, issue("a", "gone", outside, "b")))
    assert source.items[0].needs == ("b",)
    assert sorted(source.passed_over.values()) == [1, 2]


@pytest.mark.parametrize("content", [b"", b"\n", b'{"id'])
def test_a_file_of_issues_is_known_by_its_place_whatever_is_in_it(
    tmp_path: Path, content: bytes
) -> None:
    source = read_one(issues(tmp_path / ".beads/issues.jsonl", content).parent)
    assert (source.kind, source.items) == ("beads", [])
    assert len(source.problems) == bool(content.strip())


def test_what_no_option_helps_against_refuses_a_source_with_every_option(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text("[")
    refused = prepare(read_one(path), Wishes(), Terms("/here"))
    assert refused.is_refused(skip_bad=True)
    half = prepare(
        read_one(issues(tmp_path / ".beads/issues.jsonl", b"{")), Wishes(), Terms("/here")
    )
    assert half.is_refused(skip_bad=False)
    assert not half.is_refused(skip_bad=True)


def test_a_task_whose_front_matter_is_torn_is_named(tmp_path: Path) -> None:
    tasks = project(tmp_path) / "backlog/tasks"
    (tasks / "a.md").write_text("---\nid: A\n")
    (tasks / "b.md").write_text("---\nid: B\n%%%\n---\n")
    (tasks / "c.md").write_text("no front matter")
    (tasks / "d.md").write_text("---\ntitle: no id\n---\n")
    (tasks / "e.md").write_bytes(b"---\nid: E\ntitle: \xe4\n---\n")
    source = read_one(tmp_path / "backlog")
    assert told(source) == [("a.md", 3), ("b.md", 3), ("c.md", 1), ("d.md", 1), ("e.md", 3)]
    assert len(source.items) == 4


def test_links_in_a_circle_fifos_and_folders_are_named_and_never_waited_for(
    tmp_path: Path,
) -> None:
    tasks = project(tmp_path) / "backlog/tasks"
    (tasks / "a.md").symlink_to("b.md")
    (tasks / "b.md").symlink_to("a.md")
    os.mkfifo(tasks / "c.md")
    (tasks / "d.md").mkdir()
    source = read_one(tmp_path / "backlog")
    assert told(source) == [("a.md", None), ("b.md", None), ("c.md", None), ("d.md", None)]
    assert len(source.items) == 4


def test_a_broken_tasks_json_is_task_master_s_all_the_same(tmp_path: Path) -> None:
    path = project(tmp_path) / ".taskmaster/tasks/tasks.json"
    path.write_text('{"master": {\n"tasks": [\n')
    assert told(read_one(path)) == [("tasks.json", 3)]
    assert [found.kind for found in find(str(tmp_path))] == ["backlog", "beads", "task-master"]


def test_tasks_without_ids_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text('{"tasks": [{"title": "t"}, 7, {"id": 1, "subtasks": [{"title": "s"}]}]}')
    source = read_one(path)
    assert [each.left_out for each in source.problems] == ["the task", "the task", "the subtask"]


def test_a_claude_task_that_is_cut_off_is_named(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('{"id": "1", "subject": "a"}')
    (tmp_path / "2.json").write_text('{"id": "2", "sub')
    (tmp_path / "3.json").write_text('{"id": "3"}')
    source = read_one(tmp_path)
    assert told(source) == [("2.json", 1), ("3.json", None)]
    assert [item.id for item in source.items] == ["1"]


@pytest.mark.parametrize("torn_at", [4096, 12_000])
def test_a_damaged_database_is_told_and_nothing_of_it_is_read(tmp_path: Path, torn_at: int) -> None:
    path = upstream(tmp_path, "0.22.0")
    whole = path.read_bytes()
    path.write_bytes(whole[:torn_at] + b"\xaa" * 3000 + whole[torn_at + 3000 :])
    source = read_one(path)
    assert source.items == []
    assert "damaged" in source.problems[0].what


def test_a_database_of_another_program_is_told(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\x00" * 4080)
    assert read_one(path).items == []
    with pytest.raises(Unreadable, match="There is nothing of"):
        find(str(tmp_path))


def test_a_row_whose_payload_is_no_json_is_named(tmp_path: Path) -> None:
    path = upstream(tmp_path, "0.2.0")
    content = path.read_bytes()
    path.write_bytes(content.replace(b'{"to": "staging"}', b'{"to": "staging"!'))
    source = read_one(path)
    assert len(source.problems) == 1
    assert len(source.items) == 7


def test_content_that_is_too_much_for_a_job_is_told_and_left_where_it_is(tmp_path: Path) -> None:
    deep: list[object] = []
    for _ in range(PAYLOAD_DEPTH_MAX):
        deep = [deep]
    path = issues(
        tmp_path / "issues.jsonl",
        issue("long", description="x" * PAYLOAD_BYTES_MAX),
        issue("deep", description=deep),
        issue("fine", description="x" * (PAYLOAD_BYTES_MAX // 2)),
    )
    prepared = prepare(read_one(path), Wishes(), Terms("/here"))
    assert [each.line for each in prepared.problems] == [1, 2]
    assert prepared.is_refused(skip_bad=False)
    assert not prepared.is_refused(skip_bad=True)
    payloads = [each.job["payload"]["description"] for each in prepared.orders]
    assert payloads[0] == payloads[1] == f"The content is too much for a job; it is in {path}."
    assert len(payloads[2]) == PAYLOAD_BYTES_MAX // 2


def test_halves_of_characters_are_replaced() -> None:
    assert loads('["\\ud83d", "\\ud83d\\ude00"]') == ["?", "\U0001f600"]


def test_front_matter_as_js_yaml_writes_it_is_read() -> None:
    head = split(
        "---\r\ntitle: 'it''s: a'\r\nplain: a # note\nquoted: \"tab\\t\"\nempty: []\n"
        "flow: [a, \"b, c\", 'd']\nlist:\n  - x\n- 'y'\nfolded: >-\n  one\n  two\n"
        "kept: |\n  one\n  two\nnone:\n# comment\nnested:\n  deep: 1\n---\nBody\n"
    )
    assert head == (
        {
            "title": "it's: a",
            "plain": "a",
            "quoted": "tab\t",
            "empty": [],
            "flow": ["a", "b, c", "d"],
            "list": ["x", "y"],
            "folded": "one two",
            "kept": "one\ntwo",
            "none": "",
            "nested": "",
        },
        "Body",
    )


def test_a_line_that_is_no_member_is_refused_by_its_number() -> None:
    with pytest.raises(Malformed) as refused:
        members(["a: 1", "nonsense"])
    assert refused.value.line == 2
