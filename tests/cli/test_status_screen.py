"""The screen of ``status``: one page that says what runs, waits, failed and costs."""

import copy
import re
from typing import Any

import pytest

from djobsctl.present.overview import next_steps
from djobsctl.present.screen import Screen, wants_color
from djobsctl.present.status import status_screen
from djobsctl.present.table import columns_of
from djobsctl.wiretime import rfc3339, start_of_yesterday

NOW = 1_795_000_000.0
SINCE = rfc3339(int(start_of_yesterday(NOW) * 1000))


def at(seconds_ago: float) -> str:
    return rfc3339(int((NOW - seconds_ago) * 1000))


def glance(number: int, **more: Any) -> dict[str, Any]:
    base = {
        "id": f"j{number}bb",
        "type": "agent",
        "state": "running",
        "managed_by": "executor",
        "workspace": "/repo/tern",
        "correlation_id": "/repo/tern",
        "what": "mend the flaky tests of the parser, all of them, and say what was wrong",
        "since": at(700 + number),
        "attempt": 1,
        "max_attempts": 3,
        "holder": "executor",
    }
    return base | more


OVERVIEW: dict[str, Any] = {
    "counts": {"pending": 12_345, "running": 2, "succeeded": 40, "retry_scheduled": 2},
    "running": [
        glance(1, cost_usd=0.125, tokens=9000),
        glance(
            2, managed_by="agent", holder="ann", lease_expires_at=at(-1600), attempt=2, tokens=50
        ),
    ],
    "waiting": [
        {"kind": "lost", "jobs": 1, "job_id": "j3bb", "text": "It depends on j9bb, which failed."},
        {"kind": "dependency", "jobs": 2000, "job_id": "j4bb", "text": "It waits for j1bb."},
        {
            "kind": "back_off",
            "jobs": 2,
            "job_id": "j5bb",
            "text": "Attempt 1 of 3 failed.",
            "until": at(-90),
        },
    ],
    "unexamined": 10_343,
    "since": SINCE,
    "ended": {"succeeded": 40, "failed": 1, "dead_lettered": 1},
    "failed": [
        glance(8, state="failed", what="npm test", error="exit code 1\nnpm ERR!"),
        glance(9, state="dead_lettered", error="no"),
    ],
}
DAEMON: dict[str, Any] = {
    "build": "0.1.0",
    "pid": 4242,
    "owner": "djobsctl",
    "rss_bytes": 40_000_000,
    "counts": OVERVIEW["counts"],
    "executors": {"running": 1, "at_most": 4},
    "cost_today_usd": 1.5,
    "over_budget": 1,
    "pauses": [{"scope": "type", "subject": "review", "since": at(60), "session": "s"}],
    "database": {
        "path": "/h/jobs.db", "bytes": 1_000_000, "wal_bytes": 0, "schema": 10, "sqlite": "3",
    },
    "mcp": "ready",
}  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "state": "serving",
    "reason": "It answers.",
    "pid": 4242,
    "since": at(7200),
    "wrong_setting": None,
    "home": "/home/ann/.local/state/djobs",
    "socket": "/h/run/d.sock",
    "daemon": DAEMON,
    "overview": OVERVIEW,
    "client_build": "0.1.0",
    "log": {"path": "/h/log", "entries": []},
    "verbose": False,
}


def screen(width: int | None = 80, *, color: bool = False) -> Screen:
    return Screen(width, color=color, now=NOW)


def crowded() -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    overview = document["overview"]
    overview["counts"]["running"] = 90
    overview["running"] = [glance(each) for each in range(1, 21)]
    overview["waiting"] = [{**overview["waiting"][1], "text": f"x{n}"} for n in range(20)]
    overview["failed"] = [glance(each, state="failed", error="no") for each in range(1, 21)]
    overview["ended"]["failed"] = 70
    document["daemon"]["problems"] = ["No backup was made: the disk is full."]
    return document


def test_one_screen_says_what_runs_what_waits_and_why_what_failed_and_what_it_cost() -> None:
    shown = status_screen(DOCUMENT, screen()).splitlines()
    assert shown == [
        "● djobs 0.1.0: serving, started 2 h ago",
        "  Runs: 2, djobs itself 1 of at most 4",
        "        j1bb  agent  11 min  djobs  $0.12                 mend the flaky test…",
        "        j2bb  agent  11 min  ann    attempt 2/3, lease …  mend the flaky test…",
        " Waits: 12,347, 10,343 of them not looked at",
        "            1  blocked for good  j3bb  It depends on j9bb, which failed.",
        "        2,000  blocked           j4bb  It waits for j1bb.",
        "            2  backs off         j5bb  Attempt 1 of 3 failed. First in 1 min.",
        "Failed: 2 since yesterday",
        "        j8bb  agent  11 min ago  npm test: exit code 1 npm ERR!",
        "        j9bb  agent  11 min ago  mend the flaky tests of the parser, all of t…",
        " Ended: 40 succeeded, 1 failed, 1 dead_lettered since yesterday",
        "Paused: type review, since 1 min ago",
        "  Cost: $1.50 today; 1 job paused for a budget: `djobsctl budget`",
        "Daemon: pid 4242, 38.1 MiB, 0 clients, database 976.6 KiB, no backup yet",
        "  Home: /home/ann/.local/state/djobs",
        "  Next: 1 job asks for money: `djobsctl budget`",
        "        `djobsctl retry j8bb` (or `--failed` for all) after `djobsctl show j8bb`",
    ]


@pytest.mark.parametrize("document", [DOCUMENT, crowded()], ids=["ordinary", "crowded"])
def test_it_fits_a_terminal_of_80_columns_and_24_lines(document: dict[str, Any]) -> None:
    shown = status_screen(document, screen())
    assert columns_of(shown) <= 80
    assert len(shown.splitlines()) <= 24


@pytest.mark.parametrize("width", [40, 52, 66])
def test_a_narrower_terminal_gets_shorter_lines_and_loses_no_section(width: int) -> None:
    shown = status_screen(crowded(), screen(width))
    assert columns_of(shown) <= width
    for label in ("Problems:", "Runs:", "Waits:", "Failed:", "Ended:", "Cost:", "Next:"):
        assert label in shown


def test_a_full_list_says_how_many_more_there_are_and_how_to_see_them() -> None:
    shown = status_screen(crowded(), screen())
    assert "87 more: `djobsctl list --state running`" in shown
    assert "69 more: `djobsctl list --state failed`" in shown


def test_colour_changes_no_letter_and_no_column() -> None:
    plain, painted = (status_screen(DOCUMENT, screen(color=each)) for each in (False, True))
    assert "\x1b[31mblocked for good\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == plain


def test_a_daemon_that_tells_no_overview_is_described_as_before() -> None:
    shown = status_screen({**DOCUMENT, "overview": None}, screen())
    assert "Jobs: 12345 pending, 2 running" in shown
    assert "Process: pid 4242" in shown


def test_all_of_the_daemon_is_told_when_asked_for() -> None:
    shown = status_screen({**DOCUMENT, "verbose": True}, screen())
    for label in ("Runs:", "Waits:", "Process:", "Database:", "Clients:", "Socket:", "Log:"):
        assert f"{label} " in shown


def test_text_of_agents_cannot_steer_the_terminal_from_the_status_screen() -> None:
    document = copy.deepcopy(DOCUMENT)
    for each in (*document["overview"]["running"], *document["overview"]["failed"]):
        each.update(what="\x1b[2J\n", type="\x1b]0;x\x07", holder="\x9b1m", error="\x1b[31m")
    assert not set(status_screen(document, screen())) & {"\x1b", "\x07", "\x9b"}


def test_nothing_is_to_be_done_where_all_gets_on() -> None:
    calm = {"counts": {}, "since": SINCE}
    assert next_steps(calm, {}) == []
    assert next_steps(calm, {"pauses": [{}]}) == ["`djobsctl resume` ends the pause"]


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"CLICOLOR": "0"}, True, False),
        ({"CLICOLOR": "1"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    environ: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert wants_color(environ, is_terminal=is_terminal) is expected
