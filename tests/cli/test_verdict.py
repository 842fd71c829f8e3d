"""The demo's judge: it reads the ledger, and no promise can break without being named."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from djobs_protocol.errors import DjobsError
from djobsctl.demo.files import FILES_MAX, find_files, work_on
from djobsctl.demo.verdict import Verdict, announced_in, judge
from djobsctl.present.demo import turning_points
from tests.harness import needs

FILES = ["a", "b", "c", "d"]
EXPECTED = {file: f"evidence of {file}" for file in FILES}
TOLD = "djobs keeps a list: 2 tasks are unfinished since 10:00; call resume_session."


def ledger() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows and events of a demo that went well: two files by each session."""
    jobs = [
        {"id": f"j{file}", "payload": {"file": file}, "state": "succeeded", "evidence": evidence}
        for file, evidence in EXPECTED.items()
    ]
    recorded = [event("enqueued", file, "one") for file in FILES]
    done = [event("succeeded", file, "one" if file in "ab" else "two") for file in FILES]
    events = recorded + done
    for number, each in enumerate(events):
        each["seq"] = number + 1
    return jobs, events


def event(kind: str, file: str, session: str) -> dict[str, Any]:
    return {"seq": 99, "kind": kind, "job_id": f"j{file}", "session": session}


def verdict(jobs: list[dict[str, Any]], events: list[dict[str, Any]], **changes: Any) -> Verdict:
    options = {"instructions": TOLD, "found_on_resume": 2, "database_ok": True, **changes}
    return judge(EXPECTED, jobs, events, **options)


def test_a_story_that_went_well_breaks_no_promise() -> None:
    found = verdict(*ledger())
    assert found.broken_promises == []
    assert (found.enqueued, found.before_kill, found.recovered) == (4, 2, 2)
    assert (found.lost, found.doubled, found.announced) == (0, 0, 2)


def test_a_file_without_a_finished_job_is_lost() -> None:
    jobs, events = ledger()
    jobs[3]["state"] = "pending"
    assert verdict(jobs, events).lost == 1
    assert verdict(jobs[:3], events[:7]).lost == 1


def test_a_success_that_no_event_tells_of_is_lost() -> None:
    jobs, events = ledger()
    assert verdict(jobs, events[:-1]).lost == 1


def test_a_second_completion_is_doubled() -> None:
    jobs, events = ledger()
    found = verdict(jobs, [*events, event("succeeded", "a", "two")])
    assert found.doubled == 1
    assert "done or recorded twice" in "; ".join(found.broken_promises)


def test_a_second_job_for_a_file_is_doubled() -> None:
    jobs, events = ledger()
    again = {**jobs[0], "id": "jagain"}
    assert verdict([*jobs, again], events).doubled == 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"found_on_resume": 1}, "resume found 1 of 2"),
        ({"instructions": "nothing"}, "was told of None, not 2"),
        ({"database_ok": False}, "found damage"),
    ],
)
def test_every_other_promise_is_named_when_it_breaks(
    changes: dict[str, Any], complaint: str
) -> None:
    assert complaint in "; ".join(verdict(*ledger(), **changes).broken_promises)


def test_wrong_evidence_is_noticed() -> None:
    jobs, events = ledger()
    jobs[0]["evidence"] = "made up"
    assert verdict(jobs, events).wrong_evidence == 1


def test_a_demo_in_which_nothing_had_to_be_recovered_proves_nothing() -> None:
    jobs, events = ledger()
    by_one = [{**each, "session": "one"} for each in events]
    assert "nothing was left to recover" in verdict(jobs, by_one).broken_promises


def test_the_number_is_read_out_of_the_instructions() -> None:
    assert announced_in("… : 1 task is unfinished since …") == 1
    assert announced_in("nothing is unfinished there now") is None


def test_the_lines_of_history_shown_are_the_ends_and_those_around_the_kill() -> None:
    _, events = ledger()
    shown = [(each["kind"], each["job_id"]) for each in turning_points(events)]
    assert shown == [
        ("enqueued", "ja"),
        ("succeeded", "ja"),
        ("succeeded", "jb"),
        ("succeeded", "jc"),
        ("succeeded", "jd"),
    ]


def test_the_files_are_small_visible_and_sorted(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "c.md", "sub/d.js", ".hidden", "node_modules/x.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    (tmp_path / "big").write_bytes(b"x" * 2_000_000)
    (tmp_path / "link").symlink_to(tmp_path / "a.py")
    assert find_files(str(tmp_path)).files == ["a.py", "b.py", "c.md", "sub/d.js"]


def test_too_few_files_are_refused_and_too_many_cut(tmp_path: Path) -> None:
    with pytest.raises(DjobsError, match="0 suitable files"):
        find_files(str(tmp_path))
    for number in range(FILES_MAX + 1):
        (tmp_path / f"{number:03}").touch()
    found = find_files(str(tmp_path))
    assert (len(found.files), found.more) == (FILES_MAX, True)


def test_a_folder_that_may_not_be_read_is_not_called_empty(tmp_path: Path) -> None:
    find = "import sys; from djobsctl.demo.files import find_files; find_files(sys.argv[1])"
    tmp_path.chmod(0)
    try:
        command = needs.without_powers(sys.executable, "-c", find, str(tmp_path))
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        tmp_path.chmod(0o700)
    assert ran.returncode == 1
    assert "may not be read" in ran.stderr


def test_one_file_is_one_and_the_way_on_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for folder, words in ((tmp_path, "has 1 suitable file "), (tmp_path / "b", "is not a folder")):
        with pytest.raises(DjobsError, match=words) as caught:
            find_files(str(folder))
        assert "the demo brings its own files" in caught.value.hint


def test_the_work_is_a_count_and_a_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo\n")
    assert work_on(str(path)) == "2 lines, sha256 c3f9c8c283a2b1f2"
    path.write_bytes(b"one\n")
    assert work_on(str(path)).startswith("1 line, ")
