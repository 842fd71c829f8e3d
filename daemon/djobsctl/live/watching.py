"""``-w``: a command's answer, given again whenever it may have changed."""

import sys
import time
from typing import TYPE_CHECKING, Any, Final

from djobs_protocol.errors import DjobsError
from djobsctl.live.changes import Changes
from djobsctl.live.terminal import Ended, Terminal
from djobsctl.output import print_document, print_text
from djobsctl.present.screen import detect
from djobsctl.present.text import safe

if TYPE_CHECKING:
    import argparse
    from types import ModuleType

    from djobsctl.talk import Talk

REST_SECONDS: Final = 0.25
"""Between two answers, however much happens."""
REFRESH_SECONDS: Final = 10.0
"""After which it is asked without an event: pauses, limits, money and clients are no events."""
TICK_SECONDS: Final = 1.0
"""Between two paintings of the same answer, in which times go on; nobody is asked for those."""
QUIT_KEYS: Final = (b"q", b"Q", b"\x04")


def watch(module: "ModuleType", args: "argparse.Namespace", talk: "Talk") -> int:
    """Run the command again and again until somebody ends it; return the exit status."""
    args.watch = False
    if talk.as_json or not sys.stdout.isatty():
        return _into_pipe(module, args, talk)
    with Changes() as changes:
        try:
            with Terminal() as terminal:
                _on_terminal(terminal, changes, Answering(module, args, talk))
        except Ended as end:
            return end.status
    return 0


class Answering:
    """The command that is run again; an error is an answer as well."""

    def __init__(self, module: "ModuleType", args: "argparse.Namespace", talk: "Talk") -> None:
        self._module = module
        self._args = args
        self._talk = talk
        self.document: dict[str, Any] | None = None
        self.error: DjobsError | None = None

    def ask(self) -> None:
        """Ask for the next answer."""
        try:
            self.document = dict(self._module.run(self._args, self._talk).document)
            self.error = None
        except DjobsError as error:
            self.error = error

    def text(self) -> str:
        """Return the answer as it looks now: ages go on between two answers."""
        parts = []
        if self.error is not None:
            parts = [f"{safe(self.error.message)}", f"  {safe(self.error.hint)}", ""]
        if self.document is not None:
            parts.append(self._module.render(self.document, detect()))
        return "\n".join(parts)


def _on_terminal(terminal: Terminal, changes: Changes, answer: Answering) -> None:
    changes.seen()
    asked_at = _ask(terminal, answer)
    while True:
        terminal.wait([changes.fileno()], TICK_SECONDS)
        typed = terminal.typed()
        if any(key in typed for key in QUIT_KEYS):
            return
        now = time.monotonic()
        if changes.seen() or now - asked_at >= _patience(changes):
            rest = asked_at + REST_SECONDS - now
            if rest > 0:
                terminal.wait([], rest)
                changes.seen()
            asked_at = _ask(terminal, answer)
        else:
            terminal.paint(answer.text().split("\n"))


def _patience(changes: Changes) -> float:
    """Return how long an answer is good without an event; nobody tells of a daemon that comes."""
    return REFRESH_SECONDS if changes.present else TICK_SECONDS


def _ask(terminal: Terminal, answer: Answering) -> float:
    answer.ask()
    terminal.paint(answer.text().split("\n"))
    return time.monotonic()


def _into_pipe(module: "ModuleType", args: "argparse.Namespace", talk: "Talk") -> int:
    """Write each answer that differs from the one before; what is no terminal is not painted."""
    from djobsctl.dispatch import schema_of

    answer = Answering(module, args, talk)
    last: dict[str, Any] | None = None
    with Changes() as changes:
        changes.seen()
        while True:
            answer.ask()
            if answer.error is not None:
                talk.say(f"djobsctl: {safe(answer.error.message)}")
            elif answer.document is not None and answer.document != last:
                last = answer.document
                if talk.as_json:
                    print_document(schema_of(module), last)
                else:
                    print_text(answer.text())
            _rest(changes)


def _rest(changes: Changes) -> None:
    """Return when there is a reason to ask again."""
    import select

    time.sleep(REST_SECONDS)
    end = time.monotonic() + _patience(changes)
    while not changes.seen() and (left := end - time.monotonic()) > 0:
        fd = changes.fileno()
        select.select([fd] if fd >= 0 else [], [], [], left if fd >= 0 else min(left, 1.0))
