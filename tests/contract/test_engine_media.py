"""What all engines do with data stores and media, and when savesets are removed or verified."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.domain.jobs import Progress
from server_agent.ports import (
    Cancelled,
    EngineError,
    Interrupted,
    ProofRequest,
    Proved,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from tests.contract.engine_rig import (
    CHAIN,
    FULL,
    Rig,
    back_up,
    bring_back,
    full,
    inc,
    make_rig,
    name_of,
    ref,
)
from tests.fakes.engine import FakeControl


@pytest.fixture(params=["fake", "tar"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    """An engine of each kind; media lie where the agent is."""
    return make_rig(request.param, tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> bytes:
    """A directory that does not exist yet."""
    return os.fsencode(tmp_path / "second")


@pytest.fixture
def store(rig: Rig, place: bytes) -> bytes:
    """A second data store, in use."""
    rig.engine.make_store(place, "Store_2")
    rig.engine.use_stores([place], {})
    return place


def chain_of_two(rig: Rig) -> tuple[SavesetRef, SavesetRef]:
    back_up(rig, full(rig))
    rig.write("a", b"changed")
    top = name_of("I", 2)
    back_up(rig, inc(rig, top, *CHAIN))
    return ref(top, FULL), ref(FULL)


def verified(rig: Rig, *savesets: SavesetRef) -> list[Verified]:
    events = rig.engine.verify(VerifyRequest(savesets), FakeControl())
    return [event for event in events if isinstance(event, Verified)]


def refused(code: str) -> "pytest.RaisesExc[EngineError]":
    return pytest.raises(EngineError, check=lambda error: error.code == code)


def test_a_store_is_made_once_and_is_not_another(rig: Rig, place: bytes) -> None:
    with refused("STORE_MISSING"):
        rig.engine.space(place, "Store_2")
    for _ in range(2):
        rig.engine.make_store(place, "Store_2")
    space = rig.engine.space(place, "Store_2")
    assert 0 <= space.free_bytes <= space.capacity_bytes
    assert 0 <= space.used_percent <= 100
    with refused("STORE_UNUSABLE"):
        rig.engine.make_store(place, "Store_3")
    with refused("STORE_MISSING"):
        rig.engine.space(place, "Store_3")


def test_a_medium_is_made_in_its_store_and_found_there(rig: Rig, store: bytes) -> None:
    label = "POOL00002"
    with refused("STORE_MISSING"):
        rig.engine.make_medium(store, "Store_3", label)
    for _ in range(2):
        rig.engine.make_medium(store, "Store_2", label)
    rig.engine.check_store(label)
    assert rig.engine.space(store, "Store_2", label).capacity_bytes > 0
    back_up(rig, replace(full(rig), label=label))
    where = replace(ref(FULL), label=label)
    assert rig.engine.present([where]) == {FULL}
    bring_back(rig, (where,))
    assert rig.restored()["a"] == b"a" * 100
    with refused("STORE_UNUSABLE"):
        rig.engine.remove_medium(store, "Store_2", label)
    assert rig.engine.remove([where]) == [FULL]
    with refused("STORE_MISSING"):
        rig.engine.remove_medium(store, "Store_3", label)
    for _ in range(2):
        rig.engine.remove_medium(store, "Store_2", label)
    with refused("STORE_MISSING"):
        rig.engine.check_store(label)


def test_there_is_always_a_store(rig: Rig) -> None:
    with pytest.raises(ValueError, match="data store"):
        rig.engine.use_stores([], {})


def test_removed_is_removed(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    assert rig.engine.remove([top]) == [top.name]
    assert (rig.kept(), rig.engine.present([top, base])) == ({FULL}, {FULL})
    assert rig.engine.remove([top, base]) == [top.name, FULL]
    assert rig.kept() == set()
    assert rig.engine.remove([]) == []


def test_what_is_compressed_goes_too(rig: Rig) -> None:
    _, base = chain_of_two(rig)
    day = base.sesam_day.replace(year=base.sesam_day.year + 1)
    assert len(list(rig.engine.compress_listings(day, FakeControl()))) == 2
    rig.engine.entries(base, b"", None, 1)  # unpacked for a reader
    assert rig.engine.remove([base]) == [FULL]
    assert FULL not in rig.kept()


def test_half_removed_is_removed_again(rig: Rig) -> None:
    _, base = chain_of_two(rig)
    rig.lose(base)
    assert rig.engine.remove([base]) == [FULL]
    assert FULL not in rig.kept()


def test_what_is_away_stays(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    rig.unmount()
    assert rig.engine.remove([top, base]) == []
    rig.mount()
    assert rig.engine.present([top, base]) == {top.name, FULL}


def test_after_a_kill_in_a_removal_the_rest_is_no_saveset_of_nobody(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """The catalogue knows by then only that its files have to go."""
    _, base = chain_of_two(rig)
    rig.lose(base)
    assert rig.engine.recover([], frozenset({FULL, name_of("I", 2)})) == []
    assert caplog.text == ""
    assert rig.engine.remove([base]) == [FULL]


def test_whole_savesets_are_verified(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    events = list(rig.engine.verify(VerifyRequest((top, base)), FakeControl()))
    first, second = (event for event in events if isinstance(event, Verified))
    assert (first.saveset, first.fault) == (top.name, "")
    assert (second.saveset, second.fault) == (FULL, "")
    assert first.bytes_read > 0
    assert second.bytes_read > 0
    sizes = [event.bytes_done for event in events if isinstance(event, Progress)]
    assert sizes == sorted(sizes)
    compressed = base.sesam_day.replace(year=base.sesam_day.year + 1)
    assert list(rig.engine.compress_listings(compressed, FakeControl()))
    assert [each.fault for each in verified(rig, top, base)] == ["", ""]


def test_a_quick_verify_says_what_it_has_compared(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    events = list(rig.engine.verify(VerifyRequest((top, base), quick=True), FakeControl()))
    first, second = (event for event in events if isinstance(event, Verified))
    assert [each.fault for each in (first, second)] == ["", ""]
    assert first.compared
    assert second.compared
    rig.damage(base, "listing")
    events = list(rig.engine.verify(VerifyRequest((base,), quick=True), FakeControl()))
    [found] = (event for event in events if isinstance(event, Verified))
    assert found.fault
    assert found.compared == ""


def test_samples_are_restored_and_proved(rig: Rig) -> None:
    chain = chain_of_two(rig) if rig.is_chained else chain_of_two(rig)[:1]
    for files, most in ((1, 1), (100, 5)):
        request = ProofRequest(chain, files, 1 << 20, "7")
        *_, done = rig.engine.prove(request, FakeControl())
        assert isinstance(done, Proved)
        assert 1 <= done.files <= most
        assert done.of_files >= done.files
        assert done.faults == ()
    *_, nothing = rig.engine.prove(ProofRequest(chain, 5, 0, "8"), FakeControl())
    assert isinstance(nothing, Proved)
    assert nothing.size == 0


def test_a_proof_of_what_is_damaged_or_away_fails(rig: Rig) -> None:
    chain = chain_of_two(rig) if rig.is_chained else chain_of_two(rig)[:1]
    request = ProofRequest(chain, 100, 1 << 20, "7")
    rig.unmount()
    with pytest.raises(EngineError) as error:
        list(rig.engine.prove(request, FakeControl()))
    assert error.value.code == "STORE_MISSING"
    rig.mount()
    rig.damage(chain[-1], "data")
    with pytest.raises(EngineError) as error:
        list(rig.engine.prove(request, FakeControl()))
    assert (error.value.code, error.value.saveset) == ("SAVESET_DAMAGED", chain[-1].name)


def test_a_proof_is_cancelled(rig: Rig) -> None:
    chain = chain_of_two(rig) if rig.is_chained else chain_of_two(rig)[:1]
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        list(rig.engine.prove(ProofRequest(chain, 100, 1 << 20, "7"), control))


@pytest.mark.parametrize("part", ["data", "listing"])
def test_damage_is_said_of_the_one_that_has_it(rig: Rig, part: str) -> None:
    top, base = chain_of_two(rig)
    rig.damage(base, part)
    first, second = verified(rig, top, base)
    assert first.fault == ""
    assert second.fault
    assert not second.missing


def test_a_proof_without_its_medium_asks_for_another_proof(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.unmount()
    with refused("STORE_MISSING") as error:
        list(rig.engine.prove(ProofRequest((ref(FULL),), 100, 1 << 20, "7"), FakeControl()))
    assert "the restore" not in error.value.text


def test_what_is_lost_is_said_to_be_missing(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    rig.lose(base)
    first, second = verified(rig, top, base)
    assert first.fault == ""
    assert "missing" in second.fault
    assert (first.missing, second.missing) == (False, True)


def test_a_medium_that_is_away_says_nothing_of_its_savesets(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    rig.unmount()
    with refused("STORE_MISSING"):
        verified(rig, top, base)


def test_a_medium_that_goes_in_the_middle(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    events = rig.engine.verify(VerifyRequest((top, base)), FakeControl())
    seen = next(event for event in events if isinstance(event, Verified))
    rig.unmount()
    with refused("STORE_MISSING"):
        list(events)
    assert (seen.saveset, seen.fault) == (top.name, "")


def test_a_verify_is_cancelled(rig: Rig) -> None:
    top, base = chain_of_two(rig)
    control = FakeControl()
    events: Iterator[object] = rig.engine.verify(VerifyRequest((top, base)), control)
    while not isinstance(next(events), Verified):
        pass
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)


def test_a_backup_whose_listing_was_compressed_meanwhile_is_whole(rig: Rig) -> None:
    """The agent was killed between the last step of a backup and the catalogue's."""
    back_up(rig, full(rig))
    day = ref(FULL).sesam_day.replace(year=ref(FULL).sesam_day.year + 1)
    assert list(rig.engine.compress_listings(day, FakeControl()))
    [found] = rig.engine.recover([ref(FULL)], frozenset())
    assert isinstance(found, Interrupted)
    assert found.result is not None
    assert rig.engine.present([ref(FULL)]) == {FULL}


def test_media_that_are_immutable_are_written_and_removed_as_others(rig: Rig) -> None:
    label = ref(FULL).label
    rig.engine.hold_media({label, "AWAY00001"})
    rig.engine.hold_media({label, "AWAY00001"})
    back_up(rig, full(rig))
    assert [each.fault for each in verified(rig, ref(FULL))] == [""]
    assert rig.engine.remove([ref(FULL)]) == [FULL]
    assert rig.engine.remove([ref(FULL)]) == [FULL]
    rig.engine.hold_media(())


def test_whether_an_absent_store_can_be_immutable_nobody_knows(rig: Rig, place: bytes) -> None:
    with refused("STORE_MISSING"):
        rig.engine.check_immutable(place, "Store_2")
