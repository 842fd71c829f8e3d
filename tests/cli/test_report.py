"""``report``: what was done in a time, by whom, at what cost, and what needs a human."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from djobsctl.duration import point_in_time
from djobsctl.standup.gathering import report_of, seconds_worked
from djobsctl.standup.markdown import code, escaped, markdown
from djobsctl.standup.reading import Material
from tests.cli.command import djobsctl
from tests.cli.test_status_screen import NOW, at
from tests.harness.daemon import DaemonHome

STATS = {
    "counts": {"pending": 3},
    "cost_usd": 4.2,
    "usage": [
        {
            "provider": "anthropic", "model": "claude", "jobs": 2, "input_tokens": 12_000,
            "output_tokens": 900, "cost_usd": 4.2,
        },
        {"provider": "own", "model": "m", "jobs": 1, "input_tokens": 1, "output_tokens": 1},
    ],
}  # fmt: skip


def event(job: str, kind: str, ago: float, **more: Any) -> dict[str, Any]:
    states = {"claimed": "running", "retry_scheduled": "retry_scheduled", "retried": "pending"}
    base = {
        "job_id": job,
        "kind": kind,
        "at": at(ago),
        "job_type": "review",
        "correlation_id": "/repo/tern",
        "state": states.get(kind, kind),
        "session": "rpc-1",
    }
    return base | more


def job(name: str, state: str, **more: Any) -> dict[str, Any]:
    base = {
        "id": name, "state": state, "type": "review", "managed_by": "agent", "attempt": 1,
        "payload": {"file": f"{name}.py"}, "correlation_id": "/repo/tern",
        "workspace": "/repo/tern",
    }  # fmt: skip
    return base | more


EVENTS = (
    event("j1", "claimed", 1000, agent="ann"),
    event("j1", "succeeded", 400, agent="ann", note="12 lines"),
    event("j2", "claimed", 900, session="executor"),
    event("j2", "retry_scheduled", 800, session="executor"),
    event("j2", "claimed", 700, session="executor"),
    event("j2", "failed", 690, session="executor", note="exit 1"),
    event("j3", "failed", 500, note="was retried and is open again"),
    event("j3", "retried", 450),
    event("j4", "claimed", 300, session="executor"),
    event(
        "j4", "succeeded", 200, session="executor", note="a.py. See and apply: djobsctl apply j4"
    ),
    event("j5", "cancelled", 100, correlation_id="night"),
)
JOBS = {
    "j1": job("j1", "succeeded", evidence="12 lines, docstring added", verified=True),
    "j2": job("j2", "failed", last_error="exit code 1: npm | ERR"),
    "j4": job("j4", "succeeded"),
    "j6": job("j6", "running", started_at=at(60), holder={"session": "s", "agent": "bob"}),
}


def material(**more: Any) -> Material:
    base: dict[str, Any] = {
        "since": at(86_400),
        "until": at(0),
        "workspace": None,
        "events": EVENTS,
        "left_out": 0,
        "jobs": JOBS,
        "stats": STATS,
        "questions": ({"job_id": "j9", "scope": "day", "unit": "usd"},),
    }
    return Material(**base | more)


REPORT = report_of(material(), NOW)


def test_each_job_is_counted_by_how_it_ended_and_one_that_is_open_again_is_not() -> None:
    assert REPORT["totals"] == {
        "done": 2, "failed": 1, "given_up": 1, "running": 1, "waiting": 3, "seconds": 810.0,
    }  # fmt: skip
    (tern, night) = REPORT["workflows"]
    assert [each["id"] for each in tern["done"]] == ["j1", "j4"]
    assert [each["id"] for each in tern["failed"]] == ["j2"]
    assert [each["id"] for each in tern["running"]] == ["j6"]
    assert [each["id"] for each in night["given_up"]] == ["j5"]


def test_who_did_it_in_what_time_and_how_often_it_was_tried_is_told() -> None:
    by_name = {each["agent"]: each for each in REPORT["agents"]}
    assert by_name["ann"] == {
        "agent": "ann", "done": 1, "failed": 0, "running": 0, "given_up": 0, "seconds": 600.0,
    }  # fmt: skip
    assert (by_name["djobs"]["done"], by_name["djobs"]["failed"]) == (1, 1)
    assert by_name["djobs"]["seconds"] == 210.0
    assert by_name["bob"]["seconds"] == 60.0
    (failed,) = REPORT["workflows"][0]["failed"]
    assert (failed["attempts"], failed["seconds"]) == (2, 110.0)


def test_what_needs_a_human_is_a_question_a_failure_and_changes_to_look_at() -> None:
    assert [(each["kind"], each["id"], each["next"]) for each in REPORT["needs"]] == [
        ("budget", "j9", "djobsctl budget allow j9"),
        ("failed", "j2", "djobsctl show j2"),
        ("changes", "j4", "djobsctl apply j4"),
    ]
    mended = report_of(material(jobs={**JOBS, "j2": job("j2", "succeeded")}), NOW)
    assert "failed" not in [each["kind"] for each in mended["needs"]]


def test_the_markdown_says_all_of_it() -> None:
    lines = markdown(REPORT, NOW).splitlines()
    assert lines[0] == "## What my agents did"
    assert (
        "**2 done, 1 failed, 1 cancelled or stopped, 1 in work, 3 waiting, "
        "13 min of work, $4.20.**" in lines
    )
    assert "* [x] `j1` j1.py (ann, 10 min, verified): 12 lines, docstring added" in lines
    assert "* [ ] `j2` j2.py (djobs, 1 min, 2 attempts): failed: exit code 1: npm \\| ERR" in lines
    assert "* [ ] `j6` j6.py (bob, 1 min): in work" in lines
    assert "| ann | 1 | 0 | 0 | 10 min |" in lines
    assert "| anthropic claude | 2 | 12,000 | 900 | $4.20 |" in lines
    assert "| own m | 1 | 1 | 1 | unknown |" in lines
    assert "* `j9` asks for usd of the day budget → `djobsctl budget allow j9`" in lines


def test_a_workspace_of_which_nothing_is_known_is_a_short_report() -> None:
    nothing = material(workspace="/w", events=(), jobs={}, questions=(), stats={"cost_usd": 0})
    shown = markdown(report_of(nothing, NOW), NOW)
    assert "in `/w`" in shown
    assert "Nothing ended in this time" in shown
    assert "waiting" not in shown


def test_a_long_list_is_cut_and_counted_and_unread_history_is_said() -> None:
    many = tuple(event(f"j{n}", "succeeded", 50) for n in range(30))
    shown = markdown(report_of(material(events=many, left_out=7, jobs={}), NOW), NOW)
    assert "* … and 10 more" in shown
    assert "7 older events" in shown


def test_work_that_began_before_the_time_counts_from_its_beginning() -> None:
    end = [event("j1", "succeeded", 400)]
    assert seconds_worked(end, at(500)) == 100.0
    assert seconds_worked(end, None) is None
    lapsed = [event("j1", "claimed", 90), event("j1", "lease_lapsed", 60), *end]
    assert seconds_worked(lapsed, None) == 30.0


HOSTILE = st.text(alphabet=st.sampled_from("a`|*_[]()<>#\\\n\r\x1b~ "), max_size=60)


@given(HOSTILE)
def test_texts_of_agents_are_no_markup_of_the_report(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>#|~]", shown)
    fenced = code(text)
    fence = re.match("`+", fenced)
    assert fence is not None
    assert fenced.endswith(fence[0])
    inside = fenced[len(fence[0]) : len(fenced) - len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)


def test_days_are_words_too() -> None:
    today, yesterday = (point_in_time(word, NOW) for word in ("today", "yesterday"))
    assert yesterday < today <= at(0)


def test_a_real_day_is_reported_as_markdown_and_as_json(running_daemon: DaemonHome) -> None:
    with running_daemon.connect(agent="ann", workspace="/repo/tern") as connection:
        jobs = [{"type": "review", "payload": {"file": name}} for name in ("a.py", "b.py")]
        first, second = (
            each["id"] for each in connection.call("job.enqueue", {"jobs": jobs})["jobs"]
        )
        connection.call("job.claim", {})
        connection.call("job.complete", {"job_id": first, "evidence": "12 lines"})
        connection.call("job.claim", {})
        connection.call("job.fail", {"job_id": second, "error": "cannot", "retry": False})
    shown = djobsctl(running_daemon, "report").stdout
    assert f"* [x] `{first}` a.py (ann, " in shown
    assert f"* `{second}` failed: cannot → `djobsctl show {second}`" in shown
    document = djobsctl(running_daemon, "report", "--since", "1h", "--json").document
    assert document["totals"]["done"] == 1
    printed = djobsctl(running_daemon, "report", "--since", "1h", "--format", "json").stdout
    assert json.loads(printed)["workflows"] == document["workflows"]
    elsewhere = djobsctl(running_daemon, "report", "--workspace", "/repo", "--json").document
    assert elsewhere["workflows"] == []
