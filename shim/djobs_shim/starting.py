"""Start the daemon beside the loop: the start blocks, the loop never does."""

import _thread
import os

from djobs_shim import trouble


class Starter:
    """One attempt to have a daemon running, in a thread of its own."""

    __slots__ = ("_result", "_wake", "fd")

    def __init__(self, state_folder: str) -> None:
        self._result: trouble.Trouble | None = None
        self.fd, self._wake = os.pipe()
        """``fd`` is readable when the attempt is over."""
        try:
            _thread.start_new_thread(self._run, (state_folder,))
        except BaseException:
            os.close(self.fd)
            os.close(self._wake)
            raise

    def collect(self) -> trouble.Trouble | None:
        """Return why no daemon was started, or None; to be called once, when it is over."""
        os.close(self.fd)
        return self._result

    def _run(self, state_folder: str) -> None:
        try:
            self._result = ensure_running(state_folder)
        finally:
            os.close(self._wake)


def ensure_running(state_folder: str) -> trouble.Trouble | None:
    """Start the daemon unless one is there; return why there is none."""
    try:
        # Only here: these cost more than the rest of the shim together.
        from djobs_local.settings import load
        from djobs_local.start import Terms
        from djobs_local.start import ensure_running as start

        chosen = load(state_folder)
        start(
            state_folder,
            chosen.start_timeout_seconds,
            f"djobs-mcp {os.getpid()}",
            Terms(spawn=not chosen.no_spawn, backoff_max_seconds=chosen.start_backoff_max_seconds),
        )
    except Exception as error:  # noqa: BLE001 - a thread's traceback would reach nobody
        return trouble.of_error(error)
    return None
