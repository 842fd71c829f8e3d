"""``init`` and ``install-mcp`` up to the files: find, try the command, show, ask, write."""

import argparse
from typing import Any

from djobs_setup.applying import plan_all
from djobs_setup.finding import Found
from djobs_setup.machine import Machine
from djobs_setup.plan import Step, Verdict
from djobs_setup.wishes import server_wishes
from djobsctl.outcome import EXIT_FALSE, EXIT_OK
from djobsctl.present import wiring
from djobsctl.talk import Talk
from djobsctl.wiring import choosing, describing
from djobsctl.wiring.doing import agreed, do_all
from djobsctl.wiring.registering import Tried, tried_command


def wire(args: argparse.Namespace, talk: Talk) -> tuple[dict[str, Any], int]:
    """Wire the agents that are meant; return the document and the exit status."""
    machine = choosing.machine_here()
    found = choosing.chosen(args.host, args.scope, machine)
    tried = tried_command(talk, portable=args.portable) if found else None
    steps = planned(args, machine, found, tried)
    to_do = [step for step in steps if step.after is not None]
    document = _document(args, machine, found, tried, steps)
    if args.dry_run or not to_do:
        return document, _status(document)
    document["to_do"] = len(to_do)
    if not agreed(args, document, question(len(to_do)), wiring.plan):
        return document, EXIT_FALSE
    failed = do_all(to_do)
    document["applied"] = True
    for each in document["files"]:
        if each["path"] in failed and each["diff"]:
            each.update(verdict=str(Verdict.REFUSED), reason=failed[each["path"]])
    return document, _status(document)


def planned(
    args: argparse.Namespace, machine: Machine, found: list[Found], tried: Tried | None
) -> list[Step]:
    """Return the steps that wire what was found."""
    if tried is None:
        return []
    env = {} if args.portable else choosing.needed_environment()
    hosts = [each.host for each in found]
    return plan_all(server_wishes(hosts, args.scope, machine, tried.words, env, args.approve))


def question(files: int) -> str:
    """Return what a person is asked."""
    return "Change this file?" if files == 1 else f"Change these {files} files?"


def _document(
    args: argparse.Namespace,
    machine: Machine,
    found: list[Found],
    tried: Tried | None,
    steps: list[Step],
) -> dict[str, Any]:
    return {
        "scope": args.scope,
        "approve": args.approve,
        "not_approvable": [
            each.host.title
            for each in found
            if args.approve and args.approve not in each.host.approvals
        ],
        "agents": describing.agents_of(found),
        "command": [] if tried is None else tried.words,
        "probe": None
        if tried is None
        else {
            "seconds": round(tried.probe.seconds, 3),
            "server": tried.probe.server,
            "problem": tried.probe.problem,
        },
        "warning": "" if tried is None else tried.warning or _of_one_machine(args),
        "files": describing.files_of(steps, machine),
        "applied": False,
        "to_do": 0,
        "after": [each.host.after for each in found if each.host.after],
    }


def _of_one_machine(args: argparse.Namespace) -> str:
    if args.portable or args.scope == "user":
        return ""
    return "the command is a path of this machine; --portable is for files that others get"


def _status(document: dict[str, Any]) -> int:
    refused = any(each["verdict"] == Verdict.REFUSED for each in document["files"])
    return EXIT_FALSE if refused else EXIT_OK
