"""One question to a daemon that is there, and silence in every other case."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable, Mapping
    from typing import NoReturn
else:
    import _signal  # the module around it imports ``enum``

BOUND_SECONDS = 0.05
"""For how long a daemon may be silent. A session must not wait for one that does not answer."""
WHOLE_SECONDS = 0.3
"""For everything else, such as loading modules on a busy machine, each time from then on."""
BOUND_VARIABLE = "DJOBS_HOOK_SECONDS"
"""Another bound than ``BOUND_SECONDS``."""
ANSWER_BYTES_MAX = 64 * 1024

FOLDER_VARIABLES = ("CLAUDE_PROJECT_DIR", "CURSOR_PROJECT_DIR", "GEMINI_PROJECT_DIR")
"""What hosts name the project by; the folder they start a hook in may be another."""


def main(words: list[str]) -> "NoReturn":
    """Print what is unfinished and exit with 0."""
    _signal.signal(_signal.SIGALRM, _give_up)
    _allow(WHOLE_SECONDS)
    try:
        text = answer(words, os.environ)
        _allow(0)
        if text:
            os.write(1, text.encode())
    except BaseException:  # noqa: BLE001 - whatever it is, the session goes on without us
        os._exit(0)
    os._exit(0)


def _allow(seconds: float) -> None:
    """Give up after so long from now, wherever the program is then; 0: never."""
    _signal.setitimer(_signal.ITIMER_REAL, seconds)


def bound(chosen: str) -> float:
    """Return for how many seconds the hook may run; what is no such number counts as nothing."""
    number = chosen.replace(".", "", 1).isdecimal() and chosen.isascii()
    return min(float(chosen), 60.0) or BOUND_SECONDS if number else BOUND_SECONDS


def _give_up(number: int, frame: object) -> None:
    os._exit(0)


def answer(words: list[str], environ: "Mapping[str, str]") -> str:
    """Return what to print: nothing when nothing is left, or nobody can say."""
    from djobs_protocol import endpoint

    speak = SPEAKERS[words[0]]
    state = words[1] if len(words) > 1 else endpoint.state_dir()
    silence = bound(environ.get(BOUND_VARIABLE, ""))
    told = ask(state, questions(environ, os.getcwd()), silence)
    return speak(told) if told else ""


def questions(environ: "Mapping[str, str]", folder: str) -> "dict[str, str]":
    """Return the params of ``session.brief``."""
    named = (environ.get(name, "") for name in FOLDER_VARIABLES)
    asked = {
        "folder": folder,
        "project": next(filter(None, named), ""),
        "workspace": environ.get("DJOBS_WORKSPACE", ""),
    }
    return {name: value for name, value in asked.items() if value}


def ask(state: str, params: "dict[str, str]", silence_seconds: float) -> str:
    """Return the sentence; empty when nothing is left. ``OSError`` when nobody listens.

    A daemon that has answered the hello is well, and is given the time that it needs.
    """
    import _socket

    from djobs_local import folders
    from djobs_protocol import endpoint

    folders.refuse_real_home(state)
    if not folders.verify_private_folder(state) or not folders.verify_socket_folders(state):
        return ""
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    _allow(silence_seconds)
    sock.connect(endpoint.socket_path(state))
    _allow(WHOLE_SECONDS)
    folders.check_peer(sock)
    import json  # not before there is somebody to ask

    from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION

    client = {"name": "djobs-hook", "version": VERSION, "pid": os.getpid()}
    hello = {"protocol": [PROTOCOL_MIN, PROTOCOL_MAX], "build": VERSION, "client": client}
    for number, (method, fields) in enumerate((("hello", hello), ("session.brief", params))):
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": fields}
        sock.sendall(json.dumps(request).encode() + b"\n")
    _allow(silence_seconds)
    first = sock.recv(ANSWER_BYTES_MAX)
    _allow(max(WHOLE_SECONDS, silence_seconds))
    for line in _lines(first, sock.recv):
        message = json.loads(line)
        if message.get("id") == 1:
            return str(message["result"].get("text", ""))
    return ""


def _lines(got: bytes, receive: "Callable[[int], bytes]") -> "list[bytes]":
    """Return the first two lines: the answers to the hello and to the question."""
    while got and got.count(b"\n") < 2 and len(got) < ANSWER_BYTES_MAX:
        chunk = receive(ANSWER_BYTES_MAX)
        if not chunk:
            break
        got += chunk
    return got.splitlines()


def as_claude(text: str) -> str:
    """Return the answer of Claude Code's hooks, which Codex and Gemini CLI took over."""
    return _json({"hookSpecificOutput": _context(text)})


def as_copilot(text: str) -> str:
    """Return what Copilot CLI reads and what VS Code reads, for they share their hooks' files."""
    return _json({"additionalContext": text, "hookSpecificOutput": _context(text)})


def as_cursor(text: str) -> str:
    """Return the answer of Cursor's hooks."""
    return _json({"additional_context": text})


def as_text(text: str) -> str:
    """Return what is read as it is printed."""
    return text + "\n"


def _context(text: str) -> "dict[str, str]":
    return {"hookEventName": "SessionStart", "additionalContext": text}


def _json(document: "dict[str, object]") -> str:
    import json

    return json.dumps(document) + "\n"


SPEAKERS: "dict[str, Callable[[str], str]]" = {
    "claude-code": as_claude,
    "codex": as_claude,
    "gemini-cli": as_claude,
    "cursor": as_cursor,
    "copilot": as_copilot,
    "kimi": as_text,
}
"""How each host is told."""
