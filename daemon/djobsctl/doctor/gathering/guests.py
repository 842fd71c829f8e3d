"""Looking at what djobs wrote into the files of agents, here and for this user."""

import os
import re
from collections.abc import Iterator

from djobs_local.spawn import find_interpreter
from djobs_protocol.endpoint import is_default_state_dir
from djobs_setup import files, session_hooks, texts
from djobs_setup.editing.result import CannotEdit
from djobs_setup.guests import Editor
from djobs_setup.places import SCOPES, Folders, folders_of, project_of
from djobs_setup.session_hooks import KIMI, HookEditor, HookHost, KimiEditor
from djobs_setup.texts import READERS, BlockEditor
from djobsctl.commands.install_hooks import hook_file
from djobsctl.doctor.check import Check
from djobsctl.doctor.checks.guests import TROUBLES, Guest, look
from djobsctl.doctor.files import words_of
from djobsctl.doctor.place import Place

_COMMAND = re.compile(r"[^\"']*djobs_hook[^\"']*")


def gather(place: Place) -> list[Guest]:
    """Look at every file where djobs may have written, in this project and for this user."""
    folders = folders_of(place.environ, project_of(place.folder))
    return [*_instructions(folders), *_hooks(place, folders)]


def _instructions(folders: Folders) -> Iterator[Guest]:
    editor, seen = BlockEditor(texts.text()), set[str]()
    for reader in READERS:
        for scope, templates in zip(SCOPES, (reader.user, reader.project), strict=True):
            for path in (path for each in templates for path in folders.matching(each)):
                if path not in seen:
                    seen.add(path)
                    yield from _guest("instructions", path, reader.host, scope, editor)


def _hooks(place: Place, folders: Folders) -> Iterator[Guest]:
    home = "" if is_default_state_dir(place.home) else place.home
    for host in (*session_hooks.HOSTS, KIMI):
        line = session_hooks.command(find_interpreter(), hook_file(), host.host, home)
        for scope, template in zip(SCOPES, (host.user, host.project), strict=True):
            if template:
                path = folders.expand(template)
                yield from _guest("hooks", path, host.host, scope, _editor(host, line))


def _editor(host: HookHost, line: str) -> Editor:
    return KimiEditor(line) if host is KIMI else HookEditor(host, line)


def _guest(kind: str, path: str, host: str, scope: str, editor: Editor) -> Iterator[Guest]:
    """Yield what is ours in a file; nothing where nothing is."""
    try:
        content = files.read(path).content
        if content is None or not editor.has(content):
            return
        current = editor.is_current(content)
    except CannotEdit as error:
        if kind == "instructions" or b"djobs_hook" in _raw(path):
            yield Guest(kind, path, host, scope, current=False, problem=str(error))
        return
    missing = "" if kind == "instructions" or current else _missing(content)
    yield Guest(kind, path, host, scope, current=current, missing=missing)


def _raw(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _missing(content: bytes) -> str:
    """Return the part of a hook's command that is not there."""
    match = _COMMAND.search(content.decode("utf-8", "replace"))
    words = words_of(match[0]) if match else []
    named = [word for word in words if os.path.isabs(word) and "/dev/null" not in word]
    programs = [word for word in named[:1] + named if word == named[0] or word.endswith(".py")]
    return next((each for each in programs if not os.path.isfile(each)), "")


CHECK = Check("guests", "Instructions", TROUBLES, gather, look)
