"""``python -m djobs_docs.pictures [FOLDER]``: take the pictures anew."""

import sys
from pathlib import Path
from typing import Final

from djobs_docs.pictures.scene import Scene, scene
from djobs_docs.pictures.svg import picture
from djobs_docs.pictures.terminal import Terminal

FOLDER: Final = Path(__file__).parents[3] / "docs" / "pictures"
COLUMNS: Final = 100
LINES: Final = 30
COMMANDS: Final = {"status": ["status"], "list": ["list"], "report": ["report", "--since", "1h"]}
SCREENS: Final = {"top": (["top"], [b"j"])}


def main(folder: Path = FOLDER) -> None:
    """Take them."""
    folder.mkdir(exist_ok=True)
    with scene() as played:
        for name, words in COMMANDS.items():
            _keep(folder, name, _command(played, words))
        for name, (words, keys) in SCREENS.items():
            terminal = Terminal(COLUMNS, LINES)
            terminal.look(_program(words), played.environ, played.folder, keys)
            _keep(folder, name, terminal)


def _command(played: Scene, words: list[str]) -> Terminal:
    terminal = Terminal(COLUMNS, LINES)
    terminal.write(f"$ djobsctl {' '.join(words)}\n")
    terminal.run(_program(words), played.environ, played.folder)
    return terminal


def _program(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "djobsctl", *words]


def _keep(folder: Path, name: str, terminal: Terminal) -> None:
    text = picture(terminal.screen, f"djobsctl {name}")
    (folder / f"{name}.svg").write_text(text, "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
