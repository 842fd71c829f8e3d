"""The ``schedule`` commands: which one is meant, and how they are shown."""

from djobsctl.daemon import session
from djobsctl.options import folder, schedule_name
from djobsctl.outcome import Outcome
from djobsctl.present.text import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from djobsctl.present.screen import Screen
    from djobsctl.talk import Talk


def add_name(parser: "argparse.ArgumentParser") -> None:
    """Add which schedule is meant."""
    parser.add_argument("name", metavar="NAME", type=schedule_name, help="the schedule's name")
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        type=folder,
        help="its folder, where several have one of that name",
    )


def which(args: "argparse.Namespace") -> "dict[str, str]":
    """Return which schedule is meant."""
    place = {} if args.workspace is None else {"workspace": args.workspace}
    return {"name": args.name, **place}


def pause(args: "argparse.Namespace", talk: "Talk", *, paused: bool) -> Outcome:
    """Ask the daemon to let a schedule rest, or go on."""
    with session(talk) as call:
        return outcome(call("schedule.pause", {**which(args), "paused": paused}))


def outcome(reply: "dict[str, Any]") -> Outcome:
    """Return the document of a schedule that was changed."""
    return Outcome({"upcoming": [], "replaced": False, "redacted": 0, **reply})


def render_paused(document: "dict[str, Any]", screen: "Screen") -> str:
    """Say that it rests, or when it fires."""
    schedule = document["schedule"]
    which = f"Schedule {schedule['name']} of {schedule['workspace']}"
    if schedule.get("paused_at"):
        return f"{which} is paused; it makes no jobs until `djobsctl schedule resume`."
    return f"{which} goes on. {_times(document, screen)}"


def render(document: "dict[str, Any]", screen: "Screen") -> str:
    """Say what is set, and when it fires."""
    schedule = document["schedule"]
    name, place = schedule["name"], schedule["workspace"]
    done = "is replaced" if document["replaced"] else "is set"
    lines = [f"Schedule {name} of {place} {done}: {schedule['cron']} in {schedule['zone']}."]
    if schedule.get("paused_at"):
        lines.append(f"It is paused; `djobsctl schedule resume {name}` lets it go on.")
    else:
        lines.append(_times(document, screen))
    if document["redacted"]:
        lines.append(f"Secrets that were replaced in the payload: {document['redacted']}.")
    return "\n".join(lines)


def _times(document: "dict[str, Any]", screen: "Screen") -> str:
    times = ", ".join(clock(each, screen.now) for each in document["upcoming"])
    return f"It makes a job at {times}, and so on (local time)."


def render_list(document: "dict[str, Any]", screen: "Screen") -> str:
    """Return a table."""
    from djobsctl.present.table import Column, table

    if not document["schedules"]:
        return "There are no schedules."
    rows = [
        [each["name"], each["cron"], each["zone"], _next(each, screen),
         clock(each["last_at"], screen.now) if each.get("last_at") else "never",
         each.get("last_job", "-"), each["job"]["type"], each["workspace"]]
        for each in document["schedules"]
    ]  # fmt: skip
    plain = [Column(title) for title in ("CRON", "ZONE", "NEXT", "LAST", "JOB")]
    flexible = [Column(title, flexible=True) for title in ("TYPE", "WORKSPACE")]
    return table([Column("NAME", flexible=True), *plain, *flexible], rows, screen)


def _next(schedule: "dict[str, Any]", screen: "Screen") -> str:
    if schedule.get("paused_at"):
        return "paused"
    # Without a next time its zone was not to be found: the daemon's log says so.
    return clock(schedule["next_at"], screen.now) if schedule.get("next_at") else "no such zone"
