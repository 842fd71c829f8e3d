"""The files with gaps, ``@NAME@``, that the service files are made from."""

from importlib.resources import files


def filled(name: str, /, **gaps: str) -> str:
    """Return a template with every gap filled; a line that only has an empty gap goes."""
    text = (files("djobs_service") / "templates" / name).read_text("utf-8")
    for gap, content in gaps.items():
        mark = f"@{gap.upper()}@"
        text = text.replace(f"{mark}\n", f"{content}\n" if content else "").replace(mark, content)
    return text
