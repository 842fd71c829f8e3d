"""``docs/doctor.md``, made from the table: ``python -m djobsctl.doctor.page``."""

import sys
from collections.abc import Iterator

from djobsctl.doctor.check import UNSEEN, Check
from djobsctl.doctor.finding import Trouble
from djobsctl.doctor.table import all_checks

HEAD = """\
# What `djobsctl doctor` finds

<!-- made by `python -m djobsctl.doctor.page > docs/doctor.md` -->

`djobsctl doctor` looks at the whole set-up: the Python and its packages, what agents are told to
start and to read, versions, folders, disk, socket, settings, the daemon, its service, database and
backups, what killed processes left, sandboxes, models, the clock. It starts no daemon and changes
nothing. One line says of each area that it is well; of what is not, several say what is wrong, why
that matters, and what to type. Status 1 means that there is a problem or a warning; a note is only
worth knowing.

    djobsctl doctor
    djobsctl doctor --only database --only backups
    djobsctl doctor --fix
    djobsctl doctor --json

`--fix` asks, or takes `--yes`, and then does what is marked *safe* below and no more: it takes the
rights of others away from a file or folder, or removes a file that means nothing; each only if it
is still the very one that was looked at, and yours. Everything else is a command for you to type.
Each of the set-ups here is made by a test, found, mended by what the finding says, and looked at
again (`tests/doctor`).

A daemon that lives is asked, and its database not opened. Where none lives a copy of the database,
and the newest backup, are read through as `djobsctl db verify` does, up to 64 MiB. A sandbox that a
type requires is tried out. What an agent is told to start is started as the agent does, and asked
what an agent asks first; where no daemon serves, only for its version.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, *(_section(check) for check in all_checks()), _last()]
    return "\n".join(parts)


def _section(check: "Check[object]") -> str:
    lines = [f"## {check.title}: `--only {check.name}`", "", *_table(check.troubles)]
    return "\n".join([*lines, ""])


def _table(troubles: tuple[Trouble, ...]) -> Iterator[str]:
    yield "| code | | what is wrong | why it matters | what mends it |"
    yield "|---|---|---|---|---|"
    for each in troubles:
        fix = f"{each.fix} (*safe*)" if each.safe else each.fix
        yield f"| `{each.code}` | {each.level} | {each.what} | {each.why} | {fix} |"


def _last() -> str:
    return "\n".join(
        [
            "## Anywhere",
            "",
            *_table((UNSEEN,)),
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
