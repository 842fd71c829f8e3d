"""Which of a starter's variables a daemon keeps: those known to be harmless (R24).

Used twice: by the client that spawns a daemon, and by the daemon itself, whoever started it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LOGNAME",
        "PATH",
        "SHELL",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TZ",
        "USER",
    }
)
_PREFIXES_KEPT = ("DJOBS_", "LC_")
_OF_ONE_CLIENT = frozenset({"DJOBS_AGENT", "DJOBS_DEPTH", "DJOBS_INSTANCE", "DJOBS_JOB"})
"""Names a client, or the job it works inside, so it must not reach a daemon that serves many."""
_KEPT_IN_TESTS = frozenset({"COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"})


DEPTH = "DJOBS_DEPTH"
"""Of what runs for a job: how many jobs lie inside each other, its own among them."""
_DEPTH_DIGITS_MAX = 9


def stated_depth(text: str) -> int:
    """Return the depth that a variable states; 0 for what is no number."""
    if text.isascii() and text.isdecimal() and len(text) <= _DEPTH_DIGITS_MAX:
        return int(text)
    return 0


def kept(environ: "Mapping[str, str]") -> "dict[str, str]":
    """Return the variables that a daemon keeps.

    Never ``PYTHON*``, ``VIRTUAL_ENV``, ``LISTEN_FDS``, ``NOTIFY_SOCKET``, ``MAKEFLAGS``, proxies or
    tokens: only what is listed here.
    """
    wanted = _KEPT | _KEPT_IN_TESTS if "DJOBS_TEST" in environ else _KEPT
    return {
        name: value
        for name, value in environ.items()
        if (name in wanted or name.startswith(_PREFIXES_KEPT)) and name not in _OF_ONE_CLIENT
    }
