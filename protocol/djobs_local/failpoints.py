"""Places where a test can make a process of ours fail on purpose.

``DJOBS_FP="name=action[@nth][,name=action…]"`` names the daemon's, ``DJOBS_RUNNER_FP`` a runner's,
and they count only together with ``DJOBS_TEST``; otherwise ``failpoint`` is an empty function.
Actions: ``kill9``, ``segv``, ``exit:N``, ``sleep:S``, ``hang``, ``raise:ENOSPC`` (any errno name),
``gate:PATH`` (wait until the path exists). ``@3`` acts at the third passage only. All of them block
or end the whole process, as the faults they stand for do.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HANG_SECONDS = 3600
GATE_SECONDS_MAX = 120
GATE_LOOK_SECONDS = 0.01


class _Failpoint:
    """One armed failpoint."""

    def __init__(self, action: str) -> None:
        self.action, _, nth = action.partition("@")
        self.nth = int(nth) if nth else None
        self.passages = 0

    def pass_by(self) -> None:
        self.passages += 1
        if self.nth is None or self.nth == self.passages:
            _act(*self.action.partition(":")[::2])


def _act(action: str, argument: str) -> None:
    if action == "kill9":
        os.kill(os.getpid(), 9)
    elif action == "segv":
        os.kill(os.getpid(), 11)
    elif action == "exit":
        os._exit(int(argument))
    elif action == "raise":
        import errno

        number = getattr(errno, argument)
        raise OSError(number, os.strerror(number))
    elif action in ("sleep", "hang"):
        import time

        time.sleep(float(argument) if argument else HANG_SECONDS)
    elif action == "gate":
        _wait_at(argument)
    else:
        raise ValueError(f"DJOBS_FP: unknown action {action!r}")


def _wait_at(gate: str) -> None:
    """Say by a file beside the gate that it is reached, and wait until it is open."""
    import time

    if not os.path.exists(gate):
        os.close(os.open(gate + ".reached", os.O_CREAT | os.O_WRONLY, 0o600))
    for _ in range(round(GATE_SECONDS_MAX / GATE_LOOK_SECONDS)):
        if os.path.exists(gate):
            return
        time.sleep(GATE_LOOK_SECONDS)
    raise TimeoutError(f"DJOBS_FP: {gate} stayed shut")


def _nothing(name: str) -> None:
    """Do nothing: what every failpoint does outside a test."""


def compile_failpoints(
    environ: "Mapping[str, str]", variable: str = "DJOBS_FP"
) -> "Callable[[str], None]":
    """Return the function that ``failpoint`` is, for an environment."""
    text = environ.get(variable, "")
    if not text or not environ.get("DJOBS_TEST"):
        return _nothing
    armed = {
        name: _Failpoint(action)
        for name, _, action in (part.partition("=") for part in text.split(","))
    }

    def pass_by(name: str) -> None:
        if name in armed:
            armed[name].pass_by()

    return pass_by
