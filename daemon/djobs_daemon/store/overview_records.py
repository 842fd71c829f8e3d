"""What the ledger gives to whoever looks in."""

from typing import NamedTuple


class WaitingGroup(NamedTuple):
    """Jobs alike in all that decides what they wait for, but for what each of them needs itself."""

    job_id: str
    """The first of them."""
    jobs: int
    run_at: int
    """The earliest of theirs."""
