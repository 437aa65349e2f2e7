"""What all engines do about one interrupted saveset, while others are written."""

from pathlib import Path

import pytest

from server_agent.ports import Interrupted
from tests.contract.engine_rig import CHAIN, FULL, Rig, back_up, full, make_rig, name_of, ref

HALF = ref(name_of("F", 2))


@pytest.fixture(params=["fake", "tar"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return make_rig(request.param, tmp_path)


def test_a_half_one_is_removed(rig: Rig) -> None:
    """What it has left elsewhere than on its medium the start has removed."""
    back_up(rig, full(rig))
    rig.interrupt(HALF)
    for _ in range(2):
        assert rig.engine.settle(HALF) == Interrupted(HALF.name, None)
    rig.engine.recover([], frozenset({FULL}))
    assert rig.kept() == {FULL}
    assert rig.engine.present([*CHAIN, HALF]) == {FULL}


def test_a_whole_one_is_found_so(rig: Rig) -> None:
    done = back_up(rig, full(rig))
    assert rig.engine.settle(CHAIN[0]) == Interrupted(FULL, done, full(rig).facts)
    rig.damage(CHAIN[0], "data")
    assert rig.engine.settle(CHAIN[0]) == Interrupted(FULL, None)
    assert rig.kept() == set()


def test_of_one_whose_medium_is_away_nothing_is_known(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.unmount()
    assert rig.engine.settle(CHAIN[0]) is None
    rig.mount()
    assert rig.engine.present(CHAIN) == {FULL}
