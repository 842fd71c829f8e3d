"""What killed and frozen processes leave in a home."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from djobs_local import identity, records
from djobs_local.folders import prepare_state
from tests.cli.command import djobsctl
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.harness.daemon import DaemonHome, wait_until

HOLD = """
import os, signal, sys
from djobs_local.locks import KernelLock
lock = KernelLock.acquire(sys.argv[1])
print("held", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


def stale_record(bench: Bench) -> None:
    gone = subprocess.Popen(["sleep", "600"])
    born = identity.of_process(gone.pid)
    assert born is not None
    gone.kill()
    gone.wait()
    records.write_record(str(bench.state / "endpoint.json"), born.to_record())


def garbage(bench: Bench) -> None:
    bench.write("last_start.json", "{]")


def temporary(bench: Bench) -> None:
    path = bench.write("stopped.json.123.abc.tmp", "{")
    os.utime(path, (0, path.stat().st_mtime - 7200))


def frozen(bench: Bench) -> None:
    prepare_state(bench.home.state)
    command = [sys.executable, "-c", HOLD, str(bench.state / "spawn.lock")]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, env=bench.home.env)
    bench.stack.callback(_end, holder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    stat = Path(f"/proc/{holder.pid}/stat")
    wait_until(lambda: b") T" in stat.read_bytes(), "it stands still")
    bench.parts.callback(holder.wait)


def _end(holder: "subprocess.Popen[bytes]") -> None:
    holder.send_signal(signal.SIGKILL)
    holder.communicate()


def go_on(bench: Bench) -> None:
    """Let it go on, as the finding's command does, and end of itself."""
    bench.type(bench.finding("leftovers", "lock-frozen").commands)
    bench.parts.close()


def submitted(home: DaemonHome, *command: str) -> None:
    home.start()
    ran = djobsctl(home, "submit", "--", *command, folder=home.state)
    assert ran.status == 0, ran


def runs(bench: Bench) -> list[Path]:
    return list(bench.state.glob("runs/*"))


def alone(bench: Bench) -> None:
    submitted(bench.home, "sleep", "600")
    wait_until(lambda: any((run / "started.json").exists() for run in runs(bench)), "it runs")
    bench.home.kill9()


def untold(bench: Bench) -> None:
    go = bench.tools / "go"
    submitted(bench.home, "sh", "-c", f"until test -e {go}; do sleep 0.02; done")
    wait_until(lambda: any((run / "started.json").exists() for run in runs(bench)), "it runs")
    bench.home.kill9()
    go.touch()
    wait_until(lambda: any((run / "result.json").exists() for run in runs(bench)), "it ended")
    wait_until(lambda: bench.codes("leftovers") != ["record-stale", "runs-alone"], "it left")


def large(bench: Bench) -> None:
    bench.used()
    bench.write("config.toml", "runs_bytes_max = 1048576\n")
    os.truncate(bench.write("runs/j1bb.1/out.0000000000000000", ""), 2 * 1024 * 1024)


SETUPS = (
    Setup("leftovers", "record-stale", stale_record),
    Setup("leftovers", "record-garbage", garbage),
    Setup("leftovers", "leftover-temporary", temporary),
    Setup("leftovers", "lock-frozen", frozen, go_on),
    Setup("leftovers", "runs-alone", alone, slow=True),
    Setup("leftovers", "runs-untold", untold, slow=True),
    Setup("leftovers", "runs-large", large, slow=True),
)
