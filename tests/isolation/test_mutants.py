"""Every control of the code that is taken away turns the battery red.

Mutants that only the pages kill are tried by ``bench isolation``; here is one of each gate.
"""

import pytest

from tests.isolation import battery
from tests.isolation.mutants import CODE, IN_THE_TREE

pytestmark = pytest.mark.slow

QUICK = [mutant for mutant in CODE if not mutant.where]
SOME = [mutant for mutant in IN_THE_TREE if mutant.where in {"/exports/<uuid", "/receipts/<uuid"}]


def test_none_of_them_survives(world):
    assert battery.survivors(world, [*QUICK, *SOME]) == []


def test_there_are_controls_enough():
    assert len(CODE) >= 40
    assert len({mutant.name for mutant in CODE}) == len(CODE)
