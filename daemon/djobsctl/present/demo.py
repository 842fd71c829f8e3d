"""The end of the demo: who did what, a few lines of history, the counts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from djobsctl.present.jobs import SESSION_COLUMNS_MAX, STATE_STYLES, session_name
from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, table
from djobsctl.present.text import clock, plural, safe
from djobsctl.present.wrap import wrap

COLUMNS: Final = (
    Column("SESSION", columns_max=SESSION_COLUMNS_MAX + len("1: ")),
    Column("RECORDED", right=True),
    Column("DONE", right=True),
    Column("FIRST", flexible=True),
    Column("LAST", flexible=True),
    Column("ENDED"),
)
HISTORY_COLUMNS: Final = (
    Column("WHEN"),
    Column("EVENT"),
    Column("FILE", flexible=True),
    Column("SESSION", columns_max=SESSION_COLUMNS_MAX),
    Column("NOTE", flexible=True),
)
EVENTS_AROUND_KILL: Final = 2


def demo_report(document: Mapping[str, Any], screen: Screen) -> str:
    """Return the closing page."""
    counts = document["counts"]
    return "\n".join(
        [
            "",
            session_table(document, screen),
            "",
            history(document, screen),
            "",
            _counts(counts, screen, enqueued=None, completed_before_kill=None, recovered=None),
            _counts(counts, screen, lost=0, doubled=0),
            *wrap(_in_flight(document["in_flight"]), screen.width),
            *_verdict(document, screen),
            *_look_around(document),
        ]
    )


def session_table(document: Mapping[str, Any], screen: Screen) -> str:
    """Return one row per session."""
    rows: list[list[str | Cell]] = []
    for number, ended in ((1, Cell("SIGKILL", "red")), (2, Cell("itself", "green"))):
        files = [task["file"] for task in document["tasks"] if task["session"] == number]
        recorded = document["counts"]["enqueued"] if number == 1 else 0
        rows.append(
            [
                f"{number}: {_session_id(document['events'], number)}",
                str(recorded),
                str(len(files)),
                *([files[0], files[-1]] if files else ["", ""]),
                ended,
            ]
        )
    return table(COLUMNS, rows, screen)


def history(document: Mapping[str, Any], screen: Screen) -> str:
    """Return the events that matter, each with the file it is about."""
    files = {task["job_id"]: task["file"] for task in document["tasks"]}
    rows: list[list[str | Cell]] = [
        [
            clock(event.get("at"), screen.now),
            Cell(event["kind"], STATE_STYLES.get(event["kind"], "")),
            files.get(event["job_id"], event["job_id"]),
            session_name(event),
            str(event.get("note") or ""),
        ]
        for event in turning_points(document["events"])
    ]
    return table(HISTORY_COLUMNS, rows, screen)


def turning_points(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first and last event and those around the kill, where the session changes."""
    change = next(
        (i for i, event in enumerate(events) if event["session"] != events[0]["session"]),
        len(events),
    )
    around = range(change - EVENTS_AROUND_KILL, change + EVENTS_AROUND_KILL)
    chosen = {0, *around, len(events) - 1}
    return [events[index] for index in sorted(chosen) if 0 <= index < len(events)]


def _session_id(events: Sequence[Mapping[str, Any]], number: int) -> str:
    sessions = list(dict.fromkeys(str(event["session"]) for event in events))
    return sessions[number - 1] if len(sessions) >= number else "-"


def _in_flight(in_flight: Mapping[str, Any]) -> str:
    file = safe(in_flight["file"])
    if in_flight["was_written"]:
        return f"The report on {file}, under way at the kill, was on disk: nobody did it again."
    return f"The report on {file}, under way at the kill, never arrived: session 2 did that one."


def _counts(counts: Mapping[str, int], screen: Screen, **wanted: int | None) -> str:
    return "  ".join(_count(name, counts[name], wanted[name], screen) for name in wanted)


def _count(name: str, count: int, wanted: int | None, screen: Screen) -> str:
    style = "bold" if wanted is None else "green" if count == wanted else "red"
    words = name.replace("_", " ").replace("before kill", "before the kill")
    return f"{words} {screen.paint(str(count), style)}"


def _verdict(document: Mapping[str, Any], screen: Screen) -> list[str]:
    if document["held"]:
        checked = f"{plural(len(document['tasks']), 'result')} and the database checked"
        words, style = f"All promises held, {checked}, {document['seconds']} s.", "green"
    else:
        words, style = "BROKEN: " + "; ".join(document["broken_promises"]), "red"
    return [screen.paint(line, style) for line in wrap(words, screen.width)]


def _look_around(document: Mapping[str, Any]) -> list[str]:
    if not document["kept"]:
        return []
    home = document["home"]
    return [
        "",
        f"Kept in {home}. Look around:",
        f"  DJOBS_HOME={home} djobsctl list",
        f"  DJOBS_HOME={home} djobsctl audit --detail",
        f"  DJOBS_HOME={home} djobsctl stop && rm -r {home}",
    ]
