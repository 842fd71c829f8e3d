"""Every answer is bounded, whatever the tasks hold; and a page that ends early goes on."""

import base64
import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from djobs_daemon.mcp_server.pages import RESUME_TOKENS_MAX, Reader
from djobs_daemon.mcp_server.render import render
from djobs_daemon.mcp_server.shorten import DETAIL_BYTES_MAX, estimate_tokens
from djobs_protocol.daemon_replies import HealthReport
from djobs_protocol.job_replies import EnqueuedJob, EnqueuedJobs, FinishedJob
from djobs_protocol.limits import NAME_CHARS_MAX, PAGE_ITEMS_MAX, TEXT_BYTES_MAX
from djobs_protocol.reading_replies import AuditReport, JobDetail, JobPage, ResumePage
from djobs_protocol.replies import Reply
from djobs_protocol.states import JobState
from djobs_protocol.values import Event, Holder, Job
from tests.clients.tokens import count_tokens
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.mcp.sample import NOW, WORKSPACE, job

RESUME_TOKENS = 600
ANSWER_TOKENS = 10_000
"""Claude Code warns of answers above so many."""

PAYLOADS: dict[str, Callable[[int], Any]] = {
    "path": lambda n: {"path": f"src/package/module_{n}.py"},
    "instruction": lambda n: {
        "path": f"packages/frontend/src/components/module_{n}.tsx",
        "instruction": "Convert class component to hooks, keep tests green",
    },
    "prose": lambda n: {"text": f"Look at part {n} and say what it does, in one sentence. " * 20},
    "CJK": lambda n: {"text": "説明を書いてください" * 30, "番号": n},
    "rare CJK": lambda n: {
        "t": "".join(chr(0x4E00 + (n * 977 + k * 331) % 20000) for k in range(99))
    },
    "Cyrillic": lambda n: {"text": "Добавить документацию к функции обработки ошибок " * 9, "n": n},
    "Hindi": lambda n: {"text": "इस फ़ंक्शन के लिए दस्तावेज़ जोड़ें" * 5, "n": n},
    "emoji": lambda n: {"text": "🙂🚀🔥" * 40, "n": n},
    "nested": lambda n: {
        "a": {"b": [{"c": [n, {"d": "e"}]}, None, True, {"x": {"y": {"z": [n]}}}]}
    },
    "hashes": lambda n: {"sha": hashlib.sha256(str(n).encode()).hexdigest()},
    "base64": lambda n: {"b": base64.b64encode(random.Random(n).randbytes(200)).decode()},
    "numbers": lambda n: {"n": [n * 7919 + k * 104729 for k in range(60)]},
    "quotes": lambda n: {"q": '"\\"' * 100, "n": n},
}


def resume_page(jobs: list[Job], **more: Any) -> ResumePage:
    counts = {JobState.PENDING: len(jobs)}
    return ResumePage(
        correlation_id=WORKSPACE, unfinished=len(jobs), counts=counts, since=NOW, jobs=jobs, **more
    )


def as_read(reply: Reply) -> str:
    """Return the answer an agent gets, whose page was cut until it fitted."""
    for _ in range(PAGE_ITEMS_MAX):
        text, fitting = render(reply, Reader(NOW, WORKSPACE))
        if fitting is None:
            return text
        rows = "events" if isinstance(reply, AuditReport) else "jobs"
        reply = msgspec.structs.replace(reply, **{rows: getattr(reply, rows)[:fitting]})
    raise AssertionError("it never fits")


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_resume_of_20_tasks_costs_at_most_600_tokens_whatever_they_hold(kind: str) -> None:
    jobs = [job(number, payload=PAYLOADS[kind](number)) for number in range(1000, 1020)]

    text = as_read(resume_page(jobs, next_cursor="5.1764500000000.1019"))

    assert count_tokens(text) <= RESUME_TOKENS
    assert len(json.loads(text)["tasks"]) >= 11


def test_what_is_ordinary_is_shown_whole_and_on_one_page() -> None:
    jobs = [job(number, payload=PAYLOADS["path"](number)) for number in range(1000, 1020)]

    tasks = json.loads(as_read(resume_page(jobs)))["tasks"]

    assert [task["payload"] for task in tasks] == [each.payload for each in jobs]


def test_a_resume_of_tasks_with_all_that_a_task_can_have_is_bounded_too() -> None:
    name = "long name " * (NAME_CHARS_MAX // 10)
    holder = Holder(session="s" * 32, agent=name)
    waits = [f"j{number}kt" for number in range(100)]
    jobs = [
        job(number, payload=PAYLOADS["prose"](number), type=name, holder=holder, blocked_by=waits)
        for number in range(20)
    ]

    text = as_read(resume_page(jobs))

    assert count_tokens(text) <= RESUME_TOKENS
    assert json.loads(text)["tasks"][0]["blocked_by"][-1] == "and 97 more"


@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_estimate_of_a_text_is_near_its_cost(kind: str) -> None:
    text = json.dumps(PAYLOADS[kind](7), ensure_ascii=False)[:160]

    assert 0.6 < estimate_tokens(text) / count_tokens(text) < 2.1
    assert RESUME_TOKENS_MAX < RESUME_TOKENS


def long_texts(kind: str) -> dict[str, Any]:
    text = json.dumps(PAYLOADS[kind](3), ensure_ascii=False) * 1000
    text = text.encode()[:TEXT_BYTES_MAX].decode("utf-8", "ignore")
    return {"payload": {"all": text * 3}, "evidence": text, "last_error": text}


def event(number: int) -> Event:
    return Event(
        seq=number,
        at=NOW,
        kind="failed",
        job_id=f"j{number}kt",
        job_type="t" * NAME_CHARS_MAX,
        correlation_id=WORKSPACE,
        state=JobState.FAILED,
        session="s" * 32,
        agent="a" * NAME_CHARS_MAX,
        note="it went wrong " * 40,
    )


def largest(kind: str) -> dict[str, Reply]:
    """Return the largest reply of each tool but ``resume_session``."""
    long = long_texts(kind)
    names = {f"{number}{'n' * 190}": 5 for number in range(21)}
    events = [event(number) for number in range(PAGE_ITEMS_MAX)]
    listed = {"payload": long["payload"], "last_error": long["last_error"]}
    return {
        "enqueue_task": EnqueuedJobs(
            correlation_id="w" * 4096,
            jobs=[
                EnqueuedJob(id=f"j{number}kt", state=JobState.SUCCEEDED, existing=True)
                for number in range(1000, 1500)
            ],
        ),
        "complete_task": FinishedJob(
            id="j1kt", state=JobState.SUCCEEDED, correlation_id="w", unfinished=10**6
        ),
        "check_task": JobDetail(
            job=job(1, **long),
            depends_on=[f"j{number}kt" for number in range(100)],
            events=events[:20],
            events_total=10**6,
        ),
        "list_tasks": JobPage(jobs=[job(number, **listed) for number in range(PAGE_ITEMS_MAX)]),
        "audit_log": AuditReport(
            since=NOW,
            until=NOW,
            total=10**6,
            by_type=names,
            by_session=names,
            recent_failures=events[:5],
            events=events,
        ),
        "health": HealthReport(
            status="degraded", counts=dict.fromkeys(JobState, 10**6), total=10**7
        ),
    }


@pytest.mark.parametrize("kind", ["prose", "rare CJK", "emoji", "base64", "quotes"])
def test_no_answer_of_any_tool_is_longer_than_a_client_takes(kind: str) -> None:
    costs = {tool: count_tokens(as_read(reply)) for tool, reply in largest(kind).items()}

    assert {tool: cost for tool, cost in costs.items() if cost > ANSWER_TOKENS} == {}


def test_a_long_task_says_what_was_cut_and_where_all_of_it_is() -> None:
    long = {"text": "é" * DETAIL_BYTES_MAX}

    answer = json.loads(as_read(JobDetail(job=job(1, payload=long, evidence="short"))))

    assert answer["payload"].endswith("é…")
    assert len(answer["payload"].encode()) <= DETAIL_BYTES_MAX + len("…".encode())
    assert answer["clipped"] == {"payload": len(msgspec.json.encode(long))}
    assert "djobsctl show j1kt" in answer["hint"]
    assert answer["evidence"] == "short"


def test_later_pages_of_the_history_do_not_repeat_its_counts() -> None:
    report = AuditReport(since=NOW, until=NOW, total=9, by_kind={"failed": 9}, events=[event(1)])

    later = json.loads(render(report, Reader(NOW, WORKSPACE, is_later_page=True)).text)

    assert set(later) == {"events"}


def all_pages(editor: Editor, tool: str, rows: str, **arguments: Any) -> list[dict[str, Any]]:
    pages = [editor.call(tool, **arguments)]
    while cursor := pages[-1].get("next_cursor"):
        pages.append(editor.call(tool, cursor=cursor, **arguments))
    assert len(pages) > 1
    return [row for page in pages for row in page[rows]]


def test_pages_that_end_early_go_on_exactly_where_they_ended(running_daemon: DaemonHome) -> None:
    with Editor(running_daemon, "/repo/early") as editor:
        editor.open()
        payloads = [PAYLOADS["CJK"](number) for number in range(150)]
        tasks = [{"payload": each, "priority": 1 + n % 3} for n, each in enumerate(payloads)]
        ids = editor.call("enqueue_task", task_type="t" * 100, tasks=tasks)["ids"]
        by_priority = [ids[n] for first in range(3) for n in range(first, 150, 3)]

        resumed = all_pages(editor, "resume_session", "tasks")
        listed = all_pages(editor, "list_tasks", "tasks", limit=PAGE_ITEMS_MAX)
        happened = all_pages(editor, "audit_log", "events", summary=False)

    assert [task["id"] for task in resumed] == by_priority
    assert [task["id"] for task in listed] == ids[::-1]
    assert [event["id"] for event in happened] == ids[::-1]
