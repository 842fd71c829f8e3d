"""Files and variables that set nothing, something else, or too much for others to read."""

from collections.abc import Callable

from tests.doctor.bench import Bench
from tests.doctor.setup import Setup


def config(text: str, mode: int = 0o600) -> Callable[[Bench], None]:
    """Return what writes a config file."""

    def write(bench: Bench) -> None:
        bench.write("config.toml", text, mode)

    return write


def unreadable(bench: Bench) -> None:
    (bench.state / "config.toml").mkdir()


def make_it_a_file(bench: Bench) -> None:
    (bench.state / "config.toml").rmdir()


def wrong_variable(bench: Bench) -> None:
    bench.home.env["DJOBS_LOG_LEVEL"] = "LOUD"


def wrong_line(bench: Bench) -> None:
    bench.write("secrets.env", "no name and no value\n")


def right_line(bench: Bench) -> None:
    bench.write("secrets.env", "A_NAME=a value\n")


correct = config('log_level = "DEBUG"\n')

SETUPS = (
    Setup("settings", "config-syntax", config("log_level = \n"), correct),
    Setup("settings", "config-unknown", config('log_levle = "DEBUG"\n'), correct),
    Setup("settings", "config-value", config('log_level = "LOUD"\n'), correct),
    Setup("settings", "config-table", config('[types.x]\nexecutor = "shel"\n'), correct),
    Setup("settings", "config-unreadable", unreadable, make_it_a_file),
    Setup("settings", "variable-value", wrong_variable),
    Setup("settings", "config-secret", config('# my_token = "abc"\nmy_token="abc"\n', 0o644)),
    Setup("settings", "secrets-line", wrong_line, right_line, slow=True),
)
