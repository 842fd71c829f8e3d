"""Sentences over several lines, for terminals narrower than they are."""

from djobsctl.present.table import display_width


def wrap(text: str, width: int | None) -> list[str]:
    """Return the text in lines of at most ``width`` columns, broken at spaces.

    A longer word has a line of its own and stays whole: a path in two pieces cannot be copied.
    """
    if width is None:
        return [text]
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and display_width(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
