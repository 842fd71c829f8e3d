"""Configuration files as people and programs leave them, made from a number each."""

import codecs
import json
from random import Random
from typing import Any

from hypothesis import strategies as st

SEEDS = st.integers(0, 2**32)
NAMES = ["mcpServers", "a", "servers", "b//c", 'q"', "ü", "", "args", "x:y"]
TEXTS = ["https://example.org/*x*/", "// no comment", "\\", '"', "]}", "\u2028", "", "ü"]
NUMBERS = ["0", "-1.50", "1E400", "12345678901234567890123", "true", "false", "null"]
SPACE = ["", "", " ", "\n", "\n  ", "\n    ", "\t"]
COMMENTS = ["// note\n", "/* note */", "/* two\nlines */", "// https://x.org {\n"]


class JsonWriter:
    """Writes any JSON, laid out in any way."""

    def __init__(self, seed: int, *, comments: bool) -> None:
        self.random = Random(seed)
        self.comments = comments

    def trivia(self) -> str:
        """Return what may stand between two tokens."""
        pieces = SPACE + (COMMENTS if self.comments else [])
        return "".join(self.random.choices(pieces, k=self.random.randint(0, 2)))

    def value(self, depth: int) -> str:
        """Return any value."""
        kind = self.random.choice("os[{{" if depth else "s")
        if kind == "[":
            return self.container("[]", [self.value(depth - 1) for _ in self.some()])
        if kind == "s":
            scalars = [json.dumps(each, ensure_ascii=False) for each in TEXTS] + NUMBERS
            return self.random.choice(scalars)
        return self.object(depth)

    def object(self, depth: int = 3) -> str:
        """Return an object without double names."""
        names = self.random.sample(NAMES, self.random.randint(0, 3))
        between = self.trivia
        members = [
            f"{json.dumps(name)}{between()}:{between()}{self.value(depth - 1)}" for name in names
        ]
        return self.container("{}", members)

    def some(self) -> range:
        """Return a few turns, or none."""
        return range(self.random.randint(0, 3))

    def container(self, marks: str, inside: list[str]) -> str:
        """Return an array or object as a person or a program would lay it out."""
        style = self.random.choice(["one line", "lines", "wild"])
        if style == "one line":
            return marks[0] + ", ".join(inside) + marks[1]
        if style == "lines" and inside:
            indented = [each.replace("\n", "\n  ") for each in inside]
            comma = self.random.choice([",\n  ", ", // note\n  "] if self.comments else [",\n  "])
            ends = ["", ",", " // end", ", // end"] if self.comments else [""]
            return (
                marks[0]
                + "\n  "
                + comma.join(indented)
                + self.random.choice(ends)
                + "\n"
                + marks[1]
            )
        text = marks[0] + self.trivia()
        for number, each in enumerate(inside):
            trailing = self.comments and self.random.random() < 0.5
            comma = "," if number + 1 < len(inside) or trailing else ""
            text += each + self.trivia() + comma + self.trivia()
        return text + marks[1]


def json_file(seed: int, *, comments: bool = True) -> bytes:
    """Return a file with one object, or sometimes with nothing."""
    writer = JsonWriter(seed, comments=comments)
    text = writer.trivia()
    if writer.random.random() < 0.9:
        text += writer.object() + writer.trivia()
    return as_bytes(writer.random, text)


def as_bytes(random: Random, text: str) -> bytes:
    """Return a text with either kind of line end, with a mark of the byte order or without."""
    if random.random() < 0.3:
        text = text.replace("\n", "\r\n")
    return random.choice([b"", b"", codecs.BOM_UTF8]) + text.encode()


TOML_PARTS = [
    'model = "gpt"\n',
    "# a comment\n",
    "\n",
    "deep.er = [1, # one\n  2]\n",
    's = """a\n[not.a.table]\n# "" no comment"""\n',
    "l = '''[no]\n'''\n",
    "f = nan\n",
]
TOML_TABLES = [
    "[table]\nx = 1\n",
    "[ spaced . 'quo.ted' ] # about it\ny = '#'\n",
    "[mcp_servers.other]\nargs = [\n  '[', # [\n]\n\n[mcp_servers.other.env]\nA = '1'\n",
    "[[many]]\nz = {a = 1, b = [1, 2]}\n[[many]]\n",
    "# trailing words\n",
    "\n\n",
]


def toml_file(seed: int) -> bytes:
    """Return a valid TOML file."""
    random = Random(seed)
    pairs = random.sample(TOML_PARTS, random.randint(0, 4))
    tables = random.sample(TOML_TABLES, random.randint(0, 4))
    text = "".join(pairs + tables)
    return as_bytes(random, text.removesuffix("\n") if random.random() < 0.3 else text)


MARKDOWN_PARTS = ["# Title\n", "\n", "Words.\n", "<!-- other:begin -->\n", "  \n", "- a\n"]


def markdown_file(seed: int) -> bytes:
    """Return a Markdown file."""
    random = Random(seed)
    text = "".join(random.choices(MARKDOWN_PARTS, k=random.randint(0, 5)))
    return as_bytes(random, text.removesuffix("\n") if random.random() < 0.3 else text)


def server(command: str = "/opt/djobs/bin/python") -> dict[str, Any]:
    """Return an entry as it is registered."""
    return {"type": "stdio", "command": command, "args": ["-I", "-S", "/x/shim"], "env": {"A": "ü"}}
