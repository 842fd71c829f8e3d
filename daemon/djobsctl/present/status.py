"""The screen of ``djobsctl status``: everything worth knowing, on one page."""

from collections.abc import Mapping
from typing import Any, Final

from djobs_local.installed import is_older
from djobs_protocol.errors import CATALOGUE, ErrorCode
from djobs_protocol.version import VERSION
from djobsctl.present.fields import fields
from djobsctl.present.jobs import counts_line
from djobsctl.present.loglines import show
from djobsctl.present.overview import next_steps, overview_sections
from djobsctl.present.screen import Screen
from djobsctl.present.sections import Section, sections
from djobsctl.present.text import ago, plural, safe, size, span

_STYLES: Final = {"serving": "green", "starting": "yellow", "draining": "yellow"}
_BAD_STYLE: Final = "red"
_CALM: Final = ("absent", "stopped_by_user")

NEXT_STEPS: Final = {
    "absent": "The next command, or the next editor, starts it.",
    "stopped_by_user": "`djobsctl start` runs it again.",
    "starting": "Look again in a moment.",
    "draining": "Look again in a moment.",
    "mute": "Wait, or end it with `djobsctl stop --force`; what it acknowledged is on disk.",
    "foreign": "Nothing was touched. Mend what the reason names.",
}


def status_screen(document: Mapping[str, Any], screen: Screen) -> str:
    """Return all parts that have something to say."""
    parts = [_headline(document, screen), _body(document, screen)]
    if document["log"]["entries"]:
        lines = [show(entry, screen, screen.width) for entry in document["log"]["entries"]]
        parts.append("\n".join(["", *lines]))
    return "\n".join(parts)


def _body(document: Mapping[str, Any], screen: Screen) -> str:
    daemon, overview = document["daemon"], document.get("overview")
    if not daemon or not overview:
        return fields(_rows(document, screen), screen)
    problems = [screen.paint(safe(each), "red") for each in daemon.get("problems", [])]
    steps = _steps(document, overview, daemon)
    jobs: list[Section] = [
        ("Problems", problems),
        *overview_sections(overview, daemon, screen),
        ("Paused", [_pause(each, screen) for each in daemon.get("pauses", [])]),
        ("Cost", [_cost(daemon) or "nothing today"]),
        ("Upgrade", _upgrade(daemon)),
    ]
    if document.get("verbose"):
        about = [(label, _as_lines(value)) for label, value in _rows(document, screen)]
        told = {label for label, _ in jobs} | {"Jobs", "Next"}
        jobs += [(label, lines) for label, lines in about if label not in told]
    else:
        jobs.append(("Daemon", [_daemon_line(daemon, screen)]))
        jobs.append(("Home", [safe(document["home"])]))
    return sections([*jobs, ("Next", steps)], screen)


def _as_lines(value: str | list[str]) -> list[str]:
    return [safe(each) for each in ([value] if isinstance(value, str) else value) if each]


def _steps(
    document: Mapping[str, Any], overview: Mapping[str, Any], daemon: Mapping[str, Any]
) -> list[str]:
    first = _next_step(document)
    return [first] if first else next_steps(overview, daemon)


def _daemon_line(daemon: Mapping[str, Any], screen: Screen) -> str:
    database = daemon["database"]
    backup = database.get("last_backup_at")
    return ", ".join(
        [
            f"pid {daemon['pid']}",
            size(daemon["rss_bytes"]),
            plural(len(daemon.get("connections", [])), "client"),
            f"database {size(database['bytes'] + database['wal_bytes'])}",
            f"backup {ago(backup, screen.now)}" if backup else "no backup yet",
        ]
    )


def _headline(document: Mapping[str, Any], screen: Screen) -> str:
    state = document["state"]
    style = _STYLES.get(state, "" if state in _CALM else _BAD_STYLE)
    since = f", {_age(document, screen)}" if document["since"] else ""
    name = "djobs " + (document["daemon"] or {}).get("build", document["client_build"])
    return f"{screen.paint('●', style)} {name}: {screen.paint(state, style)}{since}"


def _age(document: Mapping[str, Any], screen: Screen) -> str:
    age = ago(document["since"], screen.now)
    if not document["pid"]:
        return age
    return "just started" if age == "now" else f"started {age}"


def _rows(document: Mapping[str, Any], screen: Screen) -> list[tuple[str, str | list[str]]]:
    daemon = document["daemon"]
    about = _daemon_rows(daemon, screen) if daemon else _absence_rows(document, screen)
    return [
        *about,
        ("Home", document["home"]),
        ("Socket", document["socket"]),
        ("Log", document["log"]["path"]),
        ("Next", _next_step(document)),
    ]


def _next_step(document: Mapping[str, Any]) -> str:
    if document["state"] == "serving" and not document["daemon"]:
        return "Close a program or an editor that is connected, then look again."
    if document["wrong_setting"]:
        return "Mend that setting: none can start before. `djobsctl config` explains each."
    if document["state"] == "absent" and document["no_spawn"]:
        return "`djobsctl start` starts it; with no_spawn set, nothing else does."
    if document["state"] == "start_failed":
        return _after_failure(document["last_failure"]["code"])
    return NEXT_STEPS.get(document["state"], "")


def _after_failure(code: str) -> str:
    try:
        mending = CATALOGUE[ErrorCode(code)].hint
    except ValueError:  # it died without a word, or a newer one named its own reason
        mending = "Mend the reason."
    return f"{mending} Then run `djobsctl start --now`."


def _absence_rows(document: Mapping[str, Any], screen: Screen) -> list[tuple[str, str | list[str]]]:
    failure = document["last_failure"]
    return [
        ("Reason", document["reason"]),
        ("Setting", document["wrong_setting"] or ""),
        ("Silence", _silence(document["silence"], screen) if document["silence"] else ""),
        ("Process", f"pid {document['pid']}" if document["pid"] else ""),
        ("Record", document["stale_record"] or ""),
        ("Failure", _failure(failure, screen) if failure else []),
    ]


def _silence(silence: Mapping[str, Any], screen: Screen) -> str:
    sign = silence["last_sign"]
    waited = f"alive, does not answer; waited {span(silence['waited_seconds'])}"
    if not sign:
        return waited
    return f"{waited}; last sign of life: {sign['what']} was written {ago(sign['at'], screen.now)}"


def _failure(failure: Mapping[str, Any], screen: Screen) -> list[str]:
    lines = [f"{ago(failure['at'], screen.now)}, started by {failure['by']}, at {failure['stage']}"]
    if failure["path"]:
        lines.append(f"about {failure['path']}")
    if failure["log"]:
        lines.append(f"its output is in {failure['log']}")
    return lines


def _daemon_rows(daemon: Mapping[str, Any], screen: Screen) -> list[tuple[str, str | list[str]]]:
    return [
        ("Problems", [str(problem) for problem in daemon.get("problems", [])]),
        ("Process", f"pid {daemon['pid']}, {_whose(str(daemon['owner']))}"),
        ("Memory", size(daemon["rss_bytes"])),
        ("Jobs", counts_line(daemon.get("counts", {}))),
        ("Runs", _runs(daemon.get("executors"))),
        ("Sandboxes", _sandboxes(daemon.get("executors"))),
        ("Cost", _cost(daemon)),
        ("Paused", [_pause(each, screen) for each in daemon.get("pauses", [])]),
        ("Database", _database(daemon["database"], screen)),
        ("MCP", "" if daemon["mcp"] in ("ready", "unloaded") else str(daemon["mcp"])),
        ("Clients", _clients(daemon.get("connections", []), screen)),
    ]


def _upgrade(daemon: Mapping[str, Any]) -> list[str]:
    build = daemon.get("installed_build")
    if not build and is_older(str(daemon["build"]), VERSION):
        build = VERSION  # it lies in another folder than the daemon's
    return (
        [f"{safe(build)} is installed: `djobsctl upgrade` makes this daemon that."] if build else []
    )


def _runs(executors: Mapping[str, Any] | None) -> str:
    """Say in one line what the daemon runs by itself; nothing of one that does not tell."""
    if executors is None:
        return ""
    text = f"{executors['running']} of at most {executors['at_most']}"
    if executors.get("paused"):
        text += f"; paused: {', '.join(executors['paused'])}"
    if executors.get("held_up_by"):
        text += f"; others wait: {executors['held_up_by']}"
    return safe(text)


def _sandboxes(executors: Mapping[str, Any] | None) -> list[str]:
    found = (executors or {}).get("sandboxes", {})
    return [safe(f"{name}: {text}") for name, text in found.items()]


def _cost(daemon: Mapping[str, Any]) -> str:
    cost, asked = daemon.get("cost_today_usd", 0), daemon.get("over_budget", 0)
    today = f"${cost:,.2f} today" if cost else ""
    waits = f"{plural(asked, 'job')} paused for a budget: `djobsctl budget`" if asked else ""
    return "; ".join(filter(None, (today, waits)))


def _pause(pause: Mapping[str, Any], screen: Screen) -> str:
    what = " ".join(filter(None, (pause["scope"], pause.get("subject"))))
    why = f": {pause['reason']}" if pause.get("reason") else ""
    return safe(f"{what}, since {ago(pause['since'], screen.now)}{why}")


def _database(database: Mapping[str, Any], screen: Screen) -> list[str]:
    backup = database.get("last_backup_at")
    return [
        str(database["path"]),
        f"{size(database['bytes'])}, WAL {size(database['wal_bytes'])}, "
        f"schema {database['schema']}, SQLite {database['sqlite']}",
        f"last backup {ago(backup, screen.now)}" if backup else "no backup yet",
    ]


def _clients(connections: list[Mapping[str, Any]], screen: Screen) -> list[str]:
    if not connections:
        return ["none"]
    lines = [_client(each, screen) for each in connections]
    return [plural(len(lines), "connection"), *lines]


def _client(each: Mapping[str, Any], screen: Screen) -> str:
    parts = [f"{each['kind']} pid {each['pid']}", each.get("client"), each.get("workspace")]
    parts.append(ago(each["connected_at"], screen.now) if each.get("connected_at") else "")
    return "  ".join(safe(part) for part in parts if part)


def _whose(owner: str) -> str:
    """Say who has the daemon's life in hand: a service manager, or whoever started it."""
    managers = {"service": "systemd", "launchd": "launchd", "task": "the Task Scheduler"}
    manager = managers.get(owner)
    return f"kept running by {manager}" if manager else f"started by {owner}"
