"""Listings are put on the media of all savesets that lack them, where something may be written."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from server_agent.domain.copies import Copy
from server_agent.ports import Cancelled, Control, SavesetRef
from server_agent.service.shelving import shelve
from tests.agent.service.rig import LABEL, Rig
from tests.fakes.engine import FakeControl


def test_every_saveset_is_looked_at_and_those_that_lacked_one_are_counted(rig: Rig) -> None:
    made = [rig.backed_up().saveset for _ in range(3)]
    rig.engine.unshelved = set(made[:2])
    assert shelve(rig.changes, rig.engine, FakeControl()) == 2
    assert rig.engine.shelved == set(made)
    assert shelve(rig.changes, rig.engine, FakeControl()) == 0


def test_nothing_is_written_to_a_protected_medium(rig: Rig) -> None:
    rig.engine.unshelved = {rig.backed_up().saveset}
    with rig.changes.write() as tx:
        medium = tx.medium(LABEL)
        assert medium is not None
        tx.put_medium(replace(medium, write_protected=True))
    assert shelve(rig.changes, rig.engine, FakeControl()) == 0
    assert rig.engine.shelved == set()


def test_a_cancel_ends_it(rig: Rig) -> None:
    rig.backed_up()
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        shelve(rig.changes, rig.engine, control)


def test_copies_get_theirs_too(rig: Rig) -> None:
    name = rig.backed_up().saveset
    with rig.changes.write() as tx:
        tx.add_copy(Copy(name, "TAPE00001", None, 400, rig.clock.now()))
    asked: list[tuple[str, str]] = []

    def shelved(savesets: Sequence[SavesetRef], _control: Control) -> int:
        asked.extend((each.name, each.label) for each in savesets)
        return 0

    rig.engine.shelve = shelved  # type: ignore[method-assign]
    shelve(rig.changes, rig.engine, FakeControl())
    assert asked == [(name, LABEL), (name, "TAPE00001")]
