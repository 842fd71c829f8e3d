"""The first line of a connection: who this shim is and what it still holds.

JSON by hand, because importing ``json`` costs as much as starting the interpreter.
"""

import os

from djobs_protocol.version import LINK_VERSION, VERSION

ENVIRONMENT = (
    "AI_AGENT",
    "CLAUDECODE",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_PROJECT_DIR",
    "CODEX_SESSION_ID",
    "CODEX_THREAD_ID",
    "CURSOR_TRACE_ID",
    "DJOBS_AGENT",
    "DJOBS_DEPTH",
    "DJOBS_TOOLS",
    "DJOBS_WORKSPACE",
    "GEMINI_CLI",
    "OPENCODE",
    "PWD",
    "TERM_PROGRAM",
    "VIRTUAL_ENV",
    "VSCODE_PID",
)
"""What may tell which program and which folder an agent works in; nothing else is sent."""

VALUE_CHARS_MAX = 4096
"""A longer variable is not sent at all: half a path would be another path."""

_ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\"} | {code: f"\\u{code:04x}" for code in range(32)}


def json_string(text: str) -> str:
    """Return ``text`` as a JSON string that every strict reader accepts (RFC 8259).

    What is no Unicode, a lone surrogate, becomes U+FFFD: escaped it would still be refused.
    """
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    text = text.translate(_ESCAPES)
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return f'"{text}"'


def json_object(members: dict[str, str]) -> str:
    """Return an object of strings."""
    return "{" + ",".join(f"{json_string(k)}:{json_string(v)}" for k, v in members.items()) + "}"


def json_array(items: list[str]) -> str:
    """Return an array of strings."""
    return "[" + ",".join(map(json_string, items)) + "]"


def chosen_environment(environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Return the variables that are sent."""
    found = {name: environ[name] for name in ENVIRONMENT if name in environ}
    return {name: value for name, value in found.items() if len(value) <= VALUE_CHARS_MAX}


def working_folder() -> str:
    """Return the current folder, or nothing when it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def identity(session: str, args: list[str]) -> str:
    """Return the members of the hello that never change, without braces."""
    return (
        f'"link":{LINK_VERSION},"session":"{session}","build":{json_string(VERSION)},'
        f'"pid":{os.getpid()},"ppid":{os.getppid()},"cwd":{json_string(working_folder())},'
        f'"args":{json_array(args)},"env":{json_object(chosen_environment(os.environ))}'
    )


def hello_line(
    who: str,
    resume: int,
    last: bytes,
    deaths: tuple[int, int, int],
    sequences: list[tuple[int, bool]],
    following: int,
) -> bytes:
    """Return the hello as one line.

    ``who`` is what ``identity`` returned, ``resume`` counts earlier hellos, ``last`` is the JSON of
    the latest welcome or empty, ``deaths`` says of how many daemons the
    first unanswered line has seen the end, which line is suspected, and how many had taken it when
    they ended, ``sequences`` are (number, answered) of the lines that follow, and
    ``following`` is the number of the first line after those.
    """
    held = ",".join([f"[{number},{answered:d}]" for number, answered in sequences])
    start = f'{{{who},"resume":{resume},"last":'.encode()
    seen, suspect, convictions = deaths
    ends = f'"deaths":{seen},"suspect":[{suspect},{convictions}]'
    rest = f',{ends},"seqs":[{held}],"next":{following}}}\n'
    return start + (last or b"null") + rest.encode()
