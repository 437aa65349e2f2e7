"""What all engines do when they restore.

The fidelity of the real one is tested in `tests/agent/tar`.
"""

import pytest

from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.ports import (
    Cancelled,
    EngineError,
    Message,
    RestoreDone,
    RestoreEvent,
)
from tests.contract.engine_rig import (
    CHAIN,
    FULL,
    Rig,
    back,
    back_up,
    bring_back,
    full,
    inc,
    name_of,
    ref,
)
from tests.fakes.engine import FakeControl


def test_every_member_of_a_chain_restores_its_own_moment(rig: Rig) -> None:
    names = [FULL]
    back_up(rig, full(rig))
    moments = [{name: name.encode() * 100 for name in ("b", "a", "dir/x", "dir/y", "dir/deep/z")}]
    for number in range(2, 7):
        files = dict(moments[-1])
        files[f"new {number}"] = b"new"
        files["a"] = b"a" * number
        rig.write(f"new {number}", b"new")
        rig.write("a", b"a" * number)
        if number == 3:
            rig.remove("dir/deep")
            del files["dir/deep/z"]
        if number == 4:
            rig.remove("b")
            rig.write("b/now", b"a directory")
            del files["b"]
            files["b/now"] = b"a directory"
        if number == 5:
            rig.remove("dir")
            rig.write("dir", b"a file")
            del files["dir/x"], files["dir/y"]
            files["dir"] = b"a file"
        chain = [ref(name) for name in reversed(names)]
        names.append(name_of("I", number))
        back_up(rig, inc(rig, names[-1], *chain))
        moments.append(files)
    for number in (5, 0, 3):
        rig.target = rig.target + b"-" + str(number).encode()
        done = bring_back(rig, [ref(name) for name in reversed(names[: number + 1])])
        assert rig.restored() == moments[number]
        assert done.files == len(moments[number])


def test_a_restore_of_chosen_paths(rig: Rig) -> None:
    back_up(rig, full(rig))
    done = bring_back(rig, CHAIN, rig.source + b"/dir", rig.source + b"/a")
    assert set(rig.restored()) == {"a", "dir/x", "dir/y", "dir/deep/z"}
    assert (done.files, done.bytes_written, done.skipped) == (4, 2100, 0)


def test_a_restore_replaces_files_and_nothing_else(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.put_at_target("a", b"longer than what is restored" * 10)
    rig.put_at_target("dir/mine", b"stays")
    bring_back(rig, CHAIN)
    found = rig.restored()
    assert found.pop("dir/mine") == b"stays"
    assert found == {n: n.encode() * 100 for n in ("b", "a", "dir/x", "dir/y", "dir/deep/z")}


def test_a_directory_in_the_way_of_a_file_stays_unless_it_is_empty(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.put_at_target("b/is/a directory", b"stays")
    *events, done = rig.engine.restore(back(rig, CHAIN), FakeControl())
    [message] = [event for event in events if isinstance(event, Message)]
    assert (message.level, message.code) == (Level.WARNING, "IN_THE_WAY")
    assert message.path == rig.source + b"/b"
    assert isinstance(done, RestoreDone)
    assert (done.files, done.skipped) == (4, 1)
    found = rig.restored()
    assert found.pop("b/is/a directory") == b"stays"
    assert found == {n: n.encode() * 100 for n in ("a", "dir/x", "dir/y", "dir/deep/z")}


def test_a_restore_tells_how_far_it_is(rig: Rig) -> None:
    back_up(rig, full(rig))
    *events, _ = rig.engine.restore(back(rig, CHAIN), FakeControl())
    phases = {event.phase for event in events if isinstance(event, Progress)}
    assert phases - {Phase.COMMIT} == {Phase.SCAN, Phase.TRANSFER}


def test_a_restore_of_a_path_that_is_not_in_the_listing(rig: Rig) -> None:
    back_up(rig, full(rig))
    with pytest.raises(EngineError, match="nothing") as failure:
        bring_back(rig, CHAIN, rig.source + b"/a", rig.source + b"/nothing")
    assert failure.value.code == "PATH_NOT_FOUND"
    assert rig.restored() == {}


def test_a_restore_needs_all_its_savesets(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.write("a", b"changed")
    chain = (ref(name_of("I", 2)), *CHAIN)
    back_up(rig, inc(rig, name_of("I", 2), *CHAIN))
    rig.lose(CHAIN[0])
    if not rig.is_chained:
        assert bring_back(rig, chain).files == 5
        assert rig.restored()["a"] == b"changed"
        rig.lose(chain[0])
        with pytest.raises(EngineError) as failure:
            bring_back(rig, chain)
        assert (failure.value.code, failure.value.saveset) == ("SAVESET_MISSING", chain[0].name)
        return
    with pytest.raises(EngineError, match=FULL) as failure:
        bring_back(rig, chain)
    assert (failure.value.code, failure.value.saveset) == ("SAVESET_MISSING", FULL)


def test_a_restore_needs_the_medium(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.unmount()
    with pytest.raises(EngineError, match="Is it mounted") as failure:
        bring_back(rig, CHAIN)
    assert (failure.value.code, failure.value.saveset) == ("STORE_MISSING", "")
    rig.mount()
    bring_back(rig, CHAIN)
    assert len(rig.restored()) == 5


def test_damage_is_found_before_it_is_restored(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.damage(CHAIN[0], "data")
    with pytest.raises(EngineError, match=FULL) as failure:
        bring_back(rig, CHAIN)
    assert (failure.value.code, failure.value.saveset) == ("SAVESET_DAMAGED", FULL)
    assert rig.restored() == {}


def test_a_damaged_listing_comes_from_its_medium_and_is_told(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.damage(CHAIN[0], "listing")
    events = list(rig.engine.restore(back(rig, CHAIN), FakeControl()))
    [told] = [event for event in events if isinstance(event, Message)]
    assert (told.level, told.code) == (Level.WARNING, "LISTING_PUT_BACK")
    assert FULL in told.text
    assert isinstance(events[-1], RestoreDone)
    assert events[-1].warnings == (told.text,)
    assert len(rig.restored()) == 5
    assert rig.engine.missing_paths(CHAIN[0], [rig.source + b"/b"]) == []


def test_a_target_has_to_be_absolute(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.target = b"relative"
    with pytest.raises(EngineError, match="relative") as failure:
        bring_back(rig, CHAIN)
    assert failure.value.code == "TARGET_UNUSABLE"


def test_a_cancelled_restore_says_so(rig: Rig) -> None:
    back_up(rig, full(rig))
    control = FakeControl()
    events = rig.engine.restore(back(rig, CHAIN), control)
    next(events)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)


def test_a_cancelled_restore_says_at_last_what_is_there(rig: Rig) -> None:
    back_up(rig, full(rig))
    control = FakeControl()
    events: list[RestoreEvent] = []

    def hear(event: RestoreEvent) -> None:
        events.append(event)
        if isinstance(event, Progress) and event.phase is Phase.TRANSFER:
            control.cancel()

    with pytest.raises(Cancelled):
        any(map(hear, rig.engine.restore(back(rig, CHAIN), control)))
    last = events[-1]
    assert isinstance(last, Progress)
    there = rig.restored()
    assert last.files_done <= len(there) < 5
    assert last.bytes_done <= sum(map(len, there.values()))
