"""``djobsctl config``: every setting, from the running daemon if there is one."""

import argparse
from typing import Any

from djobs_local import settings
from djobs_local.call import connect
from djobs_local.presence import Kind, look
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError
from djobsctl.outcome import EXIT_OK, Outcome
from djobsctl.present.screen import Screen
from djobsctl.present.table import Cell, Column, columns_of, table
from djobsctl.present.text import safe
from djobsctl.present.wrap import wrap
from djobsctl.talk import Talk

ANSWER_SECONDS = 2.0
COLUMNS = tuple(map(Column, ("SETTING", "VALUE", "FROM", "VARIABLE", "WHAT IT IS")))


def options(parser: argparse.ArgumentParser) -> None:
    """Declare no further arguments."""


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Ask the daemon for its values; without one, read the file and the environment."""
    home = state_dir()
    running, problem = from_daemon(home), None
    rows = running if running is not None else defaults()
    if running is None:
        try:
            rows = from_files(home)
        except DjobsError as error:
            problem = error
    values = {name: {"value": value, "source": source} for name, value, source in rows}
    return Outcome(
        {
            "answered_by": "files" if running is None else "daemon",
            "problem": problem and problem.message,
            "config_file": settings.config_path(home),
            "settings": [
                {**describe(setting), **values[setting.name]}
                for setting in settings.SETTINGS
                if setting.name in values
            ],
        },
        problem.exit_status if problem else EXIT_OK,
    )


def from_daemon(home: str) -> list[tuple[str, Any, str]] | None:
    """Return (name, value, source) as the daemon has them; None when none answers."""
    if look(home).kind is not Kind.SERVING:
        return None
    try:
        with connect(home, spawn=False, deadline_seconds=ANSWER_SECONDS) as connection:
            report = connection.call("daemon.settings")
    except DjobsError:
        return None
    return [(each["name"], each["value"], each["source"]) for each in report["settings"]]


def from_files(home: str) -> list[tuple[str, Any, str]]:
    """Return (name, value, source) as a daemon that started now would have them."""
    return [(setting.name, value, source) for setting, value, source in settings.load(home).rows()]


def defaults() -> list[tuple[str, Any, str]]:
    """Return what would hold if nobody had set anything."""
    return [(setting.name, setting.default, "default") for setting in settings.SETTINGS]


def describe(setting: settings.Setting) -> dict[str, Any]:
    """Return what does not depend on where it runs."""
    return {
        "name": setting.name,
        "type": setting.type,
        "expected": setting.expected,
        "default": setting.default,
        "variable": setting.env,
        "in_file": setting.in_file,
        "doc": setting.doc,
    }


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return every setting, and where the values come from."""
    body = _table(document, screen)
    if screen.width is not None and columns_of(body) > screen.width:
        body = _blocks(document, screen)
    return "\n".join([body, *(screen.paint(line, "dim") for line in _footer(document, screen))])


def _table(document: dict[str, Any], screen: Screen) -> str:
    rows = [
        [each["name"], _value(each), each["source"], each["variable"], each["doc"]]
        for each in document["settings"]
    ]
    return table(COLUMNS, rows, Screen(None, color=screen.color, now=screen.now))


def _blocks(document: dict[str, Any], screen: Screen) -> str:
    """Return the same for a terminal that is too narrow for a table: nothing is cut."""
    lines = []
    for each in document["settings"]:
        value = _value(each)
        name = screen.paint(each["name"], "bold")
        origin = screen.paint(f"({each['source']})", "dim")
        lines.append(f"{name}: {screen.paint(safe(value.text), value.style)} {origin}")
        about = f"{each['doc']} {each['variable']}"
        lines += [f"    {line}" for line in wrap(about, screen.width and screen.width - 4)]
    return "\n".join(lines)


def _footer(document: dict[str, Any], screen: Screen) -> list[str]:
    told = {
        "daemon": "As the running daemon has them.",
        "files": "As a daemon that starts now would have them; none answers.",
    }[document["answered_by"]]
    if document["problem"]:
        told = f"{document['problem']} Until that is mended: the defaults."
    return wrap(f"{told} File: {document['config_file']}", screen.width)


def _value(setting: dict[str, Any]) -> Cell:
    """Return the value; what is not the default stands out."""
    value = setting["value"]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Cell(text or "-", "" if setting["source"] == "default" else "cyan")
