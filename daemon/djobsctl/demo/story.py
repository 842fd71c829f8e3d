"""The story, beat by beat: record, work, die, come back, find the rest, finish."""

import json
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from djobsctl.demo import verdict
from djobsctl.demo.files import Found, work_on
from djobsctl.demo.home import DemoHome, Killed, kill_all
from djobsctl.demo.narrator import Narrator
from djobsctl.demo.process import AgentProcess
from djobsctl.pages import read_pages

SHARE_BEFORE_KILL: Final = 0.6


class Played(NamedTuple):
    """What the demo itself remembers; the ledger knows the rest."""

    killed: Killed
    in_flight: str
    """The file whose report was under way when everything was killed."""
    instructions: str
    found_on_resume: int


class Ledger(NamedTuple):
    """What the daemon said about it afterwards."""

    jobs: list[dict[str, Any]]
    events: list[dict[str, Any]]
    """Oldest first."""
    database: dict[str, Any]


def play(found: Found, home: DemoHome, narrator: Narrator) -> tuple[Played, Ledger]:
    """Play both sessions and ask the ledger what happened."""
    kill_after = max(1, round(len(found.files) * SHARE_BEFORE_KILL))
    narrator.opening(found, home.path)
    killed, in_flight = first_session(found, home, narrator, kill_after)
    instructions, unfinished, ledger = second_session(found, home, narrator)
    return Played(killed, in_flight, instructions, unfinished), ledger


def first_session(
    found: Found, home: DemoHome, narrator: Narrator, kill_after: int
) -> tuple[Killed, str]:
    """Record every file, work on some, and kill everything in the middle of a report."""
    with home.agent(found.root, "record", 1) as agent:
        narrator.session(1, agent.pid)
        connect(agent, narrator)
        agent.say(json.dumps(found.files))
        narrator.recorded(len(agent.hear("recorded")["ids"]))
        shim, daemon = home.shim(), home.daemon()
        for _ in range(kill_after):
            work(agent, narrator)
        agent.say("next")
        agent.hear("working")
        in_flight = str(agent.hear("reporting")["file"])
        killed = kill_all(home, agent, shim, daemon)
        narrator.killed(killed, in_flight)
        return killed, in_flight


def second_session(found: Found, home: DemoHome, narrator: Narrator) -> tuple[str, int, Ledger]:
    """Start from nothing, ask what is unfinished, and finish it."""
    with home.agent(found.root, "resume", 2) as agent:
        narrator.session(2, agent.pid)
        instructions = connect(agent, narrator)
        narrator.told(instructions)
        agent.say("resume")
        answer = agent.hear("found")
        home.shim()  # noted, so that leaving can make sure that it left
        narrator.found(answer["unfinished"])
        for _ in range(answer["listed"]):
            work(agent, narrator)
        agent.hear("finished")
        ledger = ask_ledger(home)
        agent.leave()
        return instructions, answer["unfinished"], ledger


def connect(agent: AgentProcess, narrator: Narrator) -> str:
    """Wait for the client to load and connect; return the server's instructions."""
    agent.hear("imported")
    instructions = str(agent.hear("connected")["instructions"])
    narrator.connected()
    return instructions


def work(agent: AgentProcess, narrator: Narrator) -> None:
    """Let the agent do one task."""
    agent.say("next")
    agent.hear("working")
    agent.hear("reporting")
    done = agent.hear("done")
    narrator.done(done["file"], done["evidence"])


def ask_ledger(home: DemoHome) -> Ledger:
    """Read everything back from the daemon."""
    with home.connect() as connection:
        call: Callable[..., dict[str, Any]] = connection.call
        jobs = read_pages(call, "job.list", {}, "jobs", None)["jobs"]
        events = read_pages(call, "audit.query", {}, "events", None)["events"]
        return Ledger(jobs, sorted(events, key=lambda event: event["seq"]), call("db.check"))


def expected_evidence(found: Found) -> dict[str, str]:
    """Do the work once more, without djobs, to know what is right."""
    return {file: work_on(f"{found.root}/{file}") for file in found.files}


def tell(found: Found, home: DemoHome, narrator: Narrator) -> dict[str, Any]:
    """Play, judge by the ledger, and return the whole as a document."""
    began = time.monotonic()
    expected = expected_evidence(found)
    played, ledger = play(found, home, narrator)
    home.end_everything()
    judged = verdict.judge(
        expected,
        ledger.jobs,
        ledger.events,
        instructions=played.instructions,
        found_on_resume=played.found_on_resume,
        database_ok=bool(ledger.database["ok"]),
    )
    broken = judged.broken_promises
    if not home.is_quiet:
        broken = [*broken, "something that the demo started is still running"]
    return {
        "directory": found.root,
        "home": home.path,
        "kept": home.keep,
        "held": not broken,
        "broken_promises": broken,
        "counts": {
            "enqueued": judged.enqueued,
            "completed_before_kill": judged.before_kill,
            "recovered": judged.recovered,
            "lost": judged.lost,
            "doubled": judged.doubled,
        },
        "announced": judged.announced,
        "found_on_resume": judged.found_on_resume,
        "killed": played.killed._asdict(),
        "in_flight": in_flight_document(played.in_flight, judged),
        "tasks": [line._asdict() for line in judged.lines],
        "events": ledger.events,
        "database": ledger.database,
        "seconds": round(time.monotonic() - began, 1),
    }


def in_flight_document(file: str, judged: verdict.Verdict) -> dict[str, Any]:
    """Say whether the report that was under way had reached the disk: both are right."""
    session = next((line.session for line in judged.lines if line.file == file), 0)
    return {"file": file, "was_written": session == 1}
