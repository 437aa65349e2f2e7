"""The garbage collector rests while the fleet arrives, and works again afterwards."""

import gc
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.ui.collector import QuietStart


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


def test_no_collection_until_the_start_is_over(qtbot: QtBot) -> None:
    quiet = QuietStart()
    assert not gc.isenabled()
    quiet.end()
    assert gc.isenabled()
    frozen = gc.get_freeze_count()
    assert frozen > 0
    quiet.end()
    assert gc.get_freeze_count() <= frozen  # what is freed meanwhile is counted out
