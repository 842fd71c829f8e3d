"""``djobsctl submit -- PROGRAM ARG…``: hand a command to the daemon, which runs it."""

import argparse
from typing import Any

from djobsctl.bringing import budget, secret, variable
from djobsctl.daemon import call_once
from djobsctl.duration import length_of_work
from djobsctl.handed_over import exit_status, how_it_ended
from djobsctl.job_options import add_job_options, job_members
from djobsctl.joblog import Place, follow, print_chunk
from djobsctl.json_options import members
from djobsctl.options import folder, type_name
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.usage import short_usage
from djobsctl.words import UsageError

TAKES_A_COMMAND = True
"""What stands after ``--`` is no option of ours, whatever it looks like."""
SHELL = "shell"
OF_TEXT = ("write_file", "code_task", "test_gen", "refactor", "review", "summarize")
"""Built-in types whose ``spec`` is text; a test compares them with the daemon's."""
HINT = "It stands after `--`: `djobsctl submit -- npm test`."
OF_RUN = ("max_duration_seconds", "budget")
"""Options that are members of a job which only what djobs runs itself may have."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--type", type=type_name, default=SHELL, metavar="NAME", help="of work (%(default)s)"
    )
    parser.add_argument(
        "--payload",
        type=members,
        default={},
        metavar="JSON",
        help='what else its type takes, such as \'{"output_path": "a.md"}\'',
    )
    parser.add_argument("--cwd", metavar="DIR", help="a folder of the current one, to run it in")
    parser.add_argument(
        "--max-duration",
        dest="max_duration_seconds",
        type=length_of_work,
        metavar="SPAN",
        help="stop what runs for longer, such as 90s, 1h, 7d",
    )
    add_job_options(parser, "1")
    parser.add_argument(
        "--wait",
        action="store_true",
        help="print what it prints until it has ended, and exit with its exit code",
    )
    parser.add_argument(
        "--budget",
        type=budget,
        metavar="AMOUNTS",
        help="what it may use, such as usd=0.5,tokens=20000,minutes=10",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        type=variable,
        metavar="NAME[=VALUE]",
        help="a variable of its own; without a value, the one that is set here; repeatable",
    )
    parser.add_argument(
        "--secret",
        action="append",
        default=[],
        type=secret,
        metavar="NAME",
        help="a variable whose value stands in secrets.env; repeatable",
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.usage = f"{short_usage(parser)} -- PROGRAM [ARG ...]"
    parser.epilog = "What stands after `--` is passed on as it is: no shell reads it."


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Hand it over, and with ``--wait`` see it to its end."""
    if args.words:
        raise UsageError(f"There is no `--` before `{args.words[0]}`.", HINT)
    if not args.command_line:
        raise UsageError("No program is named.", HINT)
    reply = call_once(talk, folder("."), "job.enqueue", {"jobs": [new_job(args)]})
    (job,) = reply["jobs"]
    document = {"id": job["id"], "state": job["state"], "existing": job.get("existing", False)}
    if document["existing"]:
        talk.say(f"The key is that of {job['id']}, which is {job['state']}.")
    elif args.wait:
        talk.say(f"{job['id']} is submitted.")
    return see_to_its_end(document, talk) if args.wait else Outcome(document)


def new_job(args: argparse.Namespace) -> dict[str, Any]:
    """Return the job as the daemon's request has it."""
    payload = {**args.payload, "spec": spec_of(args.type, args.command_line)}
    if args.cwd is not None:
        payload["cwd"] = args.cwd
    given = job_members(args)
    given |= {name: getattr(args, name) for name in OF_RUN if getattr(args, name) is not None}
    if args.env or args.secret:
        given["env"] = dict([*args.env, *args.secret])
    return {"type": args.type, "managed_by": "executor", "payload": payload, **given}


def spec_of(job_type: str, words: list[str]) -> str | list[str]:
    """Return the words as the type takes them: arguments, but text where the type is known for it.

    A single word of one's own type is a line: it may be meant for a shell. Where a type turns out
    to take text, the daemon joins the words.
    """
    if job_type == SHELL or (len(words) > 1 and job_type not in OF_TEXT):
        return words
    return " ".join(words)


def see_to_its_end(document: dict[str, Any], talk: Talk) -> Outcome:
    """Print what the job prints; return how it ended."""
    job_id = document["id"]
    begin = Place() if document["existing"] else Place(attempt=1)
    try:
        for chunk in follow(talk, job_id, begin):
            if not talk.as_json:
                print_chunk(chunk, talk)
        job = how_it_ended(job_id, talk)
    except KeyboardInterrupt:
        talk.say(f"{job_id} goes on without you; `djobsctl cancel {job_id}` stops it.")
        raise
    ended = {"state": job["state"], "exit_code": job.get("exit_code")}
    return Outcome({**document, **ended}, exit_status(job), streamed=not talk.as_json)


def render(document: dict[str, Any], _screen: Screen) -> str:
    """Return the id, for a script to keep."""
    return str(document["id"])
