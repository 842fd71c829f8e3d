"""``djobsctl install-instructions``: tell agents of djobs in the files that they read."""

import argparse
import os
from typing import Any

from djobs_protocol.endpoint import state_dir
from djobs_setup import texts
from djobs_setup.guests import Record
from djobs_setup.places import SCOPES, Folders
from djobs_setup.texts import ALWAYS, READERS, BlockEditor, Reader
from djobsctl import guesting
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk

HOSTS = tuple(each.host for each in READERS)


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    guesting.add_options(parser, HOSTS)
    parser.add_argument("--print", action="store_true", help="print the text and change nothing")
    parser.epilog = (
        "djobsctl install-instructions              AGENTS.md here, and what else there is\n"
        "djobsctl install-instructions --host claude-code --scope user\n"
        "djobsctl install-instructions --remove"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Write the block into the files, or take it out."""
    text = texts.text()
    scope = args.scope or "project"
    if args.print:
        about = {"scope": scope, "remove": False, "dry_run": True, "done": False}
        return Outcome({**about, "text": text, "files": [], "refused": []})
    record, editor = Record(state_dir(), "instructions"), BlockEditor(text)
    if args.remove and not (args.host or args.scope):
        about = {"scope": scope, "text": text}
        return guesting.carry_out(args, record, takings(record), about)
    chosen = wanted(args.host, scope, guesting.folders(), remove=args.remove)
    makers = [
        guesting.taking(path, host, editor, record)
        if args.remove
        else guesting.putting(path, host, editor, record, scope)
        for path, host in chosen.items()
    ]
    return guesting.carry_out(args, record, makers, {"scope": scope, "text": text})


def takings(record: Record) -> list[tuple[str, guesting.Make]]:
    """Return what takes out all blocks: those that are noted, this user's and this project's."""
    folders, editor = guesting.folders(), BlockEditor(texts.text())
    chosen: dict[str, str] = dict.fromkeys(record.notes(), "")
    for scope in SCOPES:
        chosen.update(wanted([], scope, folders, remove=True))
    return [guesting.taking(path, host, editor, record) for path, host in chosen.items()]


def wanted(
    hosts: list[str], scope: str, folders: Folders, *, remove: bool = False
) -> dict[str, str]:
    """Return the files that are meant, each with who reads it.

    Without named hosts: AGENTS.md, and the files of others that are there already.
    """
    found: dict[str, str] = {}
    for reader in READERS:
        if not hosts or reader.host in hosts:
            for path in _files(reader, scope, folders):
                if os.path.lexists(path) or (_is_made(reader, hosts) and not remove):
                    found.setdefault(path, reader.host)
    return {path: host for path, host in found.items() if remove or not _has_import(path)}


def _files(reader: Reader, scope: str, folders: Folders) -> list[str]:
    templates = reader.project if scope == "project" else reader.user
    return [path for each in templates for path in folders.matching(each)]


def _is_made(reader: Reader, hosts: list[str]) -> bool:
    return not reader.only_existing and (reader.host in hosts or reader.host == ALWAYS)


def _has_import(path: str) -> bool:
    """Say whether the file takes over AGENTS.md, where the block is already."""
    try:
        with open(path, encoding="utf-8") as file:
            return any(line.strip() == texts.IMPORT for line in file)
    except (OSError, UnicodeError):
        return False


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say which files were changed; or return the text that was asked for."""
    if document["dry_run"] and not document["files"] and not document["refused"]:
        return str(document["text"]).rstrip()
    what = "No file has the block." if document["remove"] else "No file to tell agents in."
    return guesting.render(document, screen, what)
