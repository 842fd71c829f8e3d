"""Terminals that say something else than all others do."""

from pathlib import Path

from djobs_protocol import endpoint
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup


def relative(bench: Bench) -> None:
    bench.home.env["DJOBS_HOME"] = "djobs"


def without_account(bench: Bench) -> None:
    bench.home.env.pop("DJOBS_HOME")
    real = endpoint.account_home
    bench.stack.callback(setattr, endpoint, "account_home", real)
    endpoint.account_home = lambda: None


def choose_home(bench: Bench) -> None:
    bench.home.env["DJOBS_HOME"] = bench.home.state


def elsewhere(bench: Bench) -> None:
    usual = Path(f"{bench.home.state}-tools", "usual")
    usual.mkdir()
    (usual / endpoint.DATABASE).write_bytes(b"")
    bench.overrides["account_state"] = str(usual)


def alone(bench: Bench) -> None:
    bench.home.start()
    bench.home.env["DJOBS_BACKUP_GENERATIONS"] = "3"


def unknown(bench: Bench) -> None:
    bench.home.env["DJOBS_HOMES"] = "/tmp"


SETUPS = (
    Setup("environment", "home-relative", relative),
    Setup("environment", "home-unknown", without_account, choose_home),
    Setup("environment", "home-elsewhere", elsewhere),
    Setup("environment", "variable-alone", alone, slow=True),
    Setup("environment", "variable-unknown", unknown),
)
