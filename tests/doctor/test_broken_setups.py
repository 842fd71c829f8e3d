"""Every broken set-up is found, and what the finding says makes it vanish (R51)."""

import pytest

from djobsctl.doctor.table import all_checks
from tests.doctor.bench import Bench
from tests.doctor.setup import Setup
from tests.doctor.setups.every import SETUPS

PARAMETERS = [
    pytest.param(each, id=each.code, marks=[pytest.mark.slow] if each.slow else [])
    for each in SETUPS
]


@pytest.mark.parametrize("setup", PARAMETERS)
def test_a_broken_set_up_is_found_and_its_fix_makes_the_finding_vanish(
    setup: Setup, bench: Bench
) -> None:
    setup.break_it(bench)
    finding = bench.finding(setup.check, setup.code)
    assert finding.says
    assert finding.commands or finding.steps
    if setup.mend is not None:
        setup.mend(bench)
    else:
        if setup.before is not None:
            setup.before(bench)
        bench.type(finding.commands)
    assert setup.code not in bench.codes(setup.check)


def test_every_trouble_has_a_broken_set_up_and_every_set_up_a_trouble() -> None:
    known = [(check.name, trouble.code) for check in all_checks() for trouble in check.troubles]
    assert sorted((each.check, each.code) for each in SETUPS) == sorted(known)
    codes = [code for _, code in known]
    assert len(set(codes)) == len(codes) >= 40
