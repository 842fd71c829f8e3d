"""``djobsctl install-hooks``: have hosts say at the start of a session what is unfinished."""

import argparse
import os
from importlib.util import find_spec
from typing import Any

from djobs_local.spawn import find_interpreter
from djobs_protocol.endpoint import is_default_state_dir, state_dir
from djobs_setup import session_hooks
from djobs_setup.guests import Editor, Record
from djobs_setup.places import SCOPES, Folders
from djobs_setup.session_hooks import BY_NAME, KIMI, HookEditor, HookHost, KimiEditor
from djobsctl import guesting
from djobsctl.outcome import Outcome
from djobsctl.present.screen import Screen
from djobsctl.talk import Talk
from djobsctl.words import UsageError

HOSTS = (*BY_NAME, KIMI.host)


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    guesting.add_options(parser, HOSTS)
    parser.epilog = (
        "djobsctl install-hooks --dry-run           what would be changed\n"
        "djobsctl install-hooks                     for the hosts that this user has\n"
        "djobsctl install-hooks --host copilot --scope project"
    )


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Add the hooks, or take them out."""
    scope = args.scope or "user"
    record = Record(state_dir(), "hooks")
    folders = guesting.folders()
    makers: list[tuple[str, guesting.Make]] = []
    after = []
    if args.remove and not (args.host or args.scope):
        return guesting.carry_out(args, record, takings(record), {"scope": scope, "after": []})
    for path, host in wanted(args.host, scope, folders, record if args.remove else None).items():
        editor = editor_of(host)
        if args.remove:
            makers.append(guesting.taking(path, host.host, editor, record))
        else:
            makers.append(guesting.putting(path, host.host, editor, record, scope))
            after += [host.after] if host.after else []
    return guesting.carry_out(args, record, makers, {"scope": scope, "after": after})


def wanted(
    hosts: list[str], scope: str, folders: Folders, record: Record | None
) -> dict[str, HookHost]:
    """Return the files that are meant, each with its host.

    Without named hosts: for a user those whose folder is there; in a project none but those that
    have a file there, for others may work in it, too. With a ``record``: where hooks may be.
    """
    found: dict[str, HookHost] = {}
    for host in (*BY_NAME.values(), KIMI):
        template = host.project if scope == "project" else host.user
        if hosts and host.host not in hosts:
            continue
        if not template:
            if hosts:
                raise UsageError(f"{host.host} has no hooks in the scope {scope}.")
            continue
        path = folders.expand(template)
        marker = path if record is not None or scope == "project" else os.path.dirname(path)
        if hosts or os.path.lexists(marker):
            found[path] = host
    return found


def takings(record: Record) -> list[tuple[str, guesting.Make]]:
    """Return what takes all hooks out: those that are noted, and those of this user and project."""
    folders = guesting.folders()
    there = [wanted([], scope, folders, record) for scope in SCOPES]
    chosen = {**noted(record), **there[0], **there[1]}
    return [
        guesting.taking(path, host.host, editor_of(host), record) for path, host in chosen.items()
    ]


def noted(record: Record) -> dict[str, HookHost]:
    """Return the files in which a hook was put, wherever that was."""
    hosts = {**BY_NAME, KIMI.host: KIMI}
    named = {path: hosts.get(str(note.get("host"))) for path, note in record.notes().items()}
    return {path: host for path, host in named.items() if host is not None}


def editor_of(host: HookHost) -> Editor:
    """Return what writes the host's hook."""
    home = state_dir()
    line = session_hooks.command(
        find_interpreter(), hook_file(), host.host, "" if is_default_state_dir(home) else home
    )
    return KimiEditor(line) if host is KIMI else HookEditor(host, line)


def hook_file() -> str:
    """Return the path of this installation's hook program."""
    spec = find_spec("djobs_hook")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = next(iter(spec.submodule_search_locations))
    return os.path.join(os.path.abspath(folder), "__main__.py")


def render(document: dict[str, Any], screen: Screen) -> str:
    """Say which files were changed, and what is left to do."""
    nothing = "No hook is there." if document["remove"] else "No host with hooks was found here."
    return guesting.render(document, screen, nothing)
