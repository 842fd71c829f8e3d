"""What a terminal shows: the sequences that djobsctl writes, and an error for any other."""

import re
import unicodedata
from typing import Final

_SEQUENCE: Final = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
CURSOR: Final = "25"
OTHER_SCREEN: Final = "1049"
WRAPPING: Final = "7"


class Screen:
    """Lines of cells. ``feed`` takes text; half a sequence waits for its other half."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.modes = {CURSOR: True, OTHER_SCREEN: False, WRAPPING: True}
        self.above: list[str] = [""]
        """What was written while the ordinary screen was shown."""
        self._cells: list[list[str]] = []
        self._row = self._column = 0
        self._rest = ""
        self._clear()

    @property
    def is_restored(self) -> bool:
        """Say whether the terminal is as a shell expects it."""
        return self.modes == {CURSOR: True, OTHER_SCREEN: False, WRAPPING: True}

    def resize(self, columns: int, lines: int) -> None:
        """Have another size; what was shown is gone, as far as a program may rely on it."""
        self.columns, self.lines = columns, lines
        self._clear()

    def text(self) -> str:
        """Return what the other screen shows."""
        return "\n".join("".join(line).rstrip() for line in self._cells)

    def feed(self, text: str) -> None:
        """Show text and obey its sequences."""
        text, self._rest = self._rest + text, ""
        place = 0
        while place < len(text):
            if text[place] != "\x1b":
                self._put(text[place])
                place += 1
                continue
            found = _SEQUENCE.match(text, place)
            if found is None:
                assert len(text) - place < 12, f"not a sequence: {text[place : place + 20]!r}"
                self._rest = text[place:]
                return
            self._obey(found[1], found[2], found[3])
            place = found.end()

    def _obey(self, private: str, numbers: str, final: str) -> None:
        match private, final:
            case "?", "h" | "l":
                assert numbers in self.modes, numbers
                self.modes[numbers] = final == "h"
            case "", "H":
                row, column = (*(int(each or 1) for each in numbers.split(";")), 1)[:2]
                self._row, self._column = row - 1, column - 1
            case "", "K":
                line = self._cells[self._row]
                line[self._column :] = [" "] * (self.columns - self._column)
            case "", "J":
                self._clear()
            case "", "m":
                pass
            case _:
                raise AssertionError(f"an unknown sequence: {private}{numbers}{final}")

    def _put(self, character: str) -> None:
        if not self.modes[OTHER_SCREEN]:
            if character == "\n":
                self.above.append("")
            elif character != "\r":
                self.above[-1] += character
            return
        assert character.isprintable(), repr(character)
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self._row < self.lines and self._column + width <= self.columns:
            self._cells[self._row][self._column] = character
            if width == 2:
                self._cells[self._row][self._column + 1] = ""
        self._column += width

    def _clear(self) -> None:
        self._cells = [[" "] * self.columns for _ in range(self.lines)]
