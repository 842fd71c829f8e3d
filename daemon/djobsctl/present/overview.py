"""The queue in one look: what runs, what waits and for what, what failed, what to do next."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from djobsctl.present.jobs import STATE_STYLES
from djobsctl.present.screen import Screen
from djobsctl.present.sections import Section, rows
from djobsctl.present.table import Cell, Column
from djobsctl.present.text import ago, clock, moment, plural, safe, span
from djobsctl.wiretime import start_of_yesterday

MARGIN: Final = 10
"""Columns of the labels."""
RUNNING_LINES: Final = 4
WAITING_LINES: Final = 4
FAILED_LINES: Final = 3
STEPS_MAX: Final = 2
"""So that all of it, with a problem and a pause, takes 24 lines."""
ID: Final = Column("")
TYPE: Final = Column("", flexible=True, columns_max=18)
TEXT: Final = Column("", flexible=True)

WAITS: Final = {
    "dependency": ("blocked", ""),
    "lost": ("blocked for good", "red"),
    "resource": ("resource", ""),
    "schedule": ("scheduled", ""),
    "back_off": ("backs off", "yellow"),
    "paused": ("paused", "yellow"),
    "limit": ("at a limit", "yellow"),
    "budget": ("over budget", "red"),
    "executor": ("queued", ""),
    "unclaimed": ("unclaimed", ""),
}
"""Each kind of waiting in a word, and its colour."""

Row = Sequence[str | Cell]


def overview_sections(
    overview: Mapping[str, Any], daemon: Mapping[str, Any], screen: Screen
) -> list[Section]:
    """Return what runs, waits and failed; a queue in which nothing happens takes three lines."""
    return [
        ("Runs", _runs(overview, daemon, screen)),
        ("Waits", _waits(overview, screen)),
        ("Failed", _failed(overview, screen)),
        ("Ended", [_ended(overview, screen)]),
    ]


def _runs(overview: Mapping[str, Any], daemon: Mapping[str, Any], screen: Screen) -> list[str]:
    running = overview.get("running", [])
    total = overview["counts"].get("running", 0)
    head = str(total) if total else "nothing"
    executors = daemon.get("executors")
    if executors and executors["running"]:
        head += f", djobs itself {executors['running']} of at most {executors['at_most']}"
    if executors and executors.get("held_up_by"):
        head += screen.paint(f"; others wait: {safe(executors['held_up_by'])}", "yellow")
    columns = [ID, TYPE, Column("", right=True), Column("", flexible=True, columns_max=14)]
    lines = _some(running, total, RUNNING_LINES, "list --state running", screen)
    found = [_running_row(each, screen) for each in running[: lines.shown]]
    return [head, *rows([*columns, TEXT, TEXT], found, screen, MARGIN), *lines.more]


def _running_row(job: Mapping[str, Any], screen: Screen) -> Row:
    started = moment(job["since"])
    age = span(screen.now - started.timestamp()) if started else "-"
    who = "djobs" if job["managed_by"] == "executor" else str(job.get("holder") or "-")
    return [
        str(job["id"]),
        str(job["type"]),
        age,
        who,
        Cell(", ".join(running_notes(job, screen.now)), "yellow"),
        str(job.get("what", "")),
    ]


def running_notes(job: Mapping[str, Any], now: float) -> list[str]:
    """Return what else there is to say of a job that runs."""
    marks = [name for name in ("paused", "stopping", "checking") if job.get(name)]
    if job["attempt"] > 1:
        marks.append(f"attempt {job['attempt']}/{job['max_attempts']}")
    lease = moment(job.get("lease_expires_at"))
    if lease is not None:
        marks.append(f"lease {span(lease.timestamp() - now)}")
    return [*marks, *money(job)]


def money(job: Mapping[str, Any]) -> list[str]:
    """Return what a job has cost; tokens where nobody knows their price."""
    if job.get("cost_usd") is not None:
        return [f"${job['cost_usd']:,.2f}"]
    return [f"{job['tokens']:,} tokens"] if job.get("tokens") else []


def _waits(overview: Mapping[str, Any], screen: Screen) -> list[str]:
    waiting, counts = overview.get("waiting", []), overview["counts"]
    total = counts.get("pending", 0) + counts.get("retry_scheduled", 0)
    if not total:
        return ["nothing"]
    lines = _some(waiting, len(waiting), WAITING_LINES, "list --state pending", screen)
    found = [_waiting_row(each, screen) for each in waiting[: lines.shown]]
    columns = [Column("", right=True), Column(""), ID, TEXT]
    rest = overview.get("unexamined", 0)
    head = f"{total:,}" + (f", {rest:,} of them not looked at" if rest else "")
    return [head, *rows(columns, found, screen, MARGIN), *lines.more]


def _waiting_row(line: Mapping[str, Any], screen: Screen) -> Row:
    word, style = WAITS.get(line["kind"], (str(line["kind"]), ""))
    until = f" First {ago(line['until'], screen.now)}." if line.get("until") else ""
    return [f"{line['jobs']:,}", Cell(word, style), str(line["job_id"]), f"{line['text']}{until}"]


def _failed(overview: Mapping[str, Any], screen: Screen) -> list[str]:
    failed, ended = overview.get("failed", []), overview.get("ended", {})
    total = ended.get("failed", 0) + ended.get("dead_lettered", 0)
    if not total:
        return [f"nothing since {_since(overview, screen)}"]
    lines = _some(failed, total, FAILED_LINES, "list --state failed", screen)
    found = [_failed_row(each, screen) for each in failed[: lines.shown]]
    columns = [ID, TYPE, Column("", right=True), TEXT]
    head = screen.paint(f"{total:,}", "red") + f" since {_since(overview, screen)}"
    return [head, *rows(columns, found, screen, MARGIN), *lines.more]


def _failed_row(job: Mapping[str, Any], screen: Screen) -> Row:
    style = STATE_STYLES.get(job["state"], "")
    text = ": ".join(filter(None, (job.get("what", ""), job.get("error", ""))))
    return [Cell(job["id"], style), str(job["type"]), ago(job["since"], screen.now), text]


def _ended(overview: Mapping[str, Any], screen: Screen) -> str:
    ended = overview.get("ended", {})
    parts = [f"{count:,} {state}" for state, count in ended.items() if count]
    return f"{', '.join(parts) or 'nothing'} since {_since(overview, screen)}"


def _since(overview: Mapping[str, Any], screen: Screen) -> str:
    when = moment(overview["since"])
    if when is None:
        return "-"
    is_yesterday = round(when.timestamp()) == round(start_of_yesterday(screen.now))
    return "yesterday" if is_yesterday else clock(overview["since"], screen.now)


class _Lines:
    """How many of something are shown, and a line for the rest."""

    def __init__(self, shown: int, more: list[str]) -> None:
        self.shown = shown
        self.more = more


def _some(found: Sequence[object], total: int, most: int, command: str, screen: Screen) -> _Lines:
    if max(total, len(found)) <= most and total <= len(found):
        return _Lines(len(found), [])
    shown = min(len(found), most - 1)
    text = f"{total - shown:,} more: `djobsctl {command}`"
    return _Lines(shown, [screen.paint(text, "dim")])


Step = Callable[[Mapping[str, Any], Mapping[str, Any]], str]


def next_steps(overview: Mapping[str, Any], daemon: Mapping[str, Any]) -> list[str]:
    """Return what somebody should do, the most urgent first; nothing when all gets on."""
    found = [step(overview, daemon) for step in _STEPS]
    return [text for text in found if text][:STEPS_MAX]


def _ask(_overview: Mapping[str, Any], daemon: Mapping[str, Any]) -> str:
    asked = daemon.get("over_budget", 0)
    verb = "asks" if asked == 1 else "ask"
    return f"{plural(asked, 'job')} {verb} for money: `djobsctl budget`" if asked else ""


def _redo(overview: Mapping[str, Any], _daemon: Mapping[str, Any]) -> str:
    failed = overview.get("failed", [])
    if not failed:
        return ""
    job = failed[0]["id"]
    every = " (or `--failed` for all)" if len(failed) > 1 else ""
    return f"`djobsctl retry {job}`{every} after `djobsctl show {job}`"


def _unblock(overview: Mapping[str, Any], _daemon: Mapping[str, Any]) -> str:
    lost = next((each for each in overview.get("waiting", []) if each["kind"] == "lost"), None)
    return f"`djobsctl why {lost['job_id']}` says what to retry or skip" if lost else ""


def _go_on(_overview: Mapping[str, Any], daemon: Mapping[str, Any]) -> str:
    return "`djobsctl resume` ends the pause" if daemon.get("pauses") else ""


_STEPS: Final[tuple[Step, ...]] = (_ask, _redo, _unblock, _go_on)
