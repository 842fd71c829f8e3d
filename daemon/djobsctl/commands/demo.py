"""``djobsctl demo [DIR]``: an agent's work survives every crash. Watch it."""

import argparse
import os
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import djobsctl
from djobsctl.demo.files import find_files
from djobsctl.demo.home import DemoHome
from djobsctl.demo.narrator import Narrator
from djobsctl.demo.story import tell
from djobsctl.options import folder
from djobsctl.outcome import EXIT_FALSE, EXIT_OK, Outcome
from djobsctl.present.demo import demo_report
from djobsctl.present.screen import Screen, detect
from djobsctl.talk import Talk

EXIT_SIGNALLED = 128
"""Plus the signal, as a shell reports it."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "directory",
        nargs="?",
        metavar="DIR",
        type=files_folder,
        help="a folder whose files to use; only read",
    )
    parser.add_argument("--keep", action="store_true", help="leave its home, to look around")


def run(args: argparse.Namespace, talk: Talk) -> Outcome:
    """Tell the story. Its text is data for a person, and talk beside a JSON document."""
    found = find_files(args.directory or own_files())
    stream = sys.stderr if talk.as_json else sys.stdout
    narrator = Narrator(stream, detect(stream), paced=stream.isatty())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with DemoHome(talk, keep=args.keep) as home:
        document = tell(found, home, narrator)
    return Outcome(document, EXIT_OK if document["held"] else EXIT_FALSE)


def files_folder(text: str) -> str:
    """Return the folder as Python finds it, also under an ASCII locale."""
    return os.fsdecode(folder(text).encode())


def own_files() -> str:
    """Return the folder of files that the demo brings along."""
    return os.path.join(os.path.dirname(djobsctl.__file__), "demo_tree")


def leave(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind on a signal, so that all that was started is ended, also when the terminal goes."""
    raise SystemExit(EXIT_SIGNALLED + number)


def render(document: dict[str, Any], screen: Screen) -> str:
    """Return the closing page."""
    return demo_report(document, screen)
