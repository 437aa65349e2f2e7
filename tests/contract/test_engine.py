"""What all engines do when they save, list and recover.

The fidelity of the real one is tested in `tests/agent/tar`.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import PageTokenInvalid, PathNotFound, SavesetDamaged
from server_agent.domain.jobs import Phase, Progress
from server_agent.domain.task_options import TaskOptions, TimeReference
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    BackupDone,
    Cancelled,
    Compressed,
    EngineError,
    EntryKind,
    Interrupted,
)
from tests.contract.engine_rig import (
    CHAIN,
    FULL,
    LABEL,
    Rig,
    back_up,
    bring_back,
    full,
    inc,
    name_of,
    ref,
    until,
)
from tests.fakes.engine import FakeControl


def test_a_backup_tells_how_far_it_is_and_ends_with_its_result(rig: Rig) -> None:
    *events, done = rig.engine.backup(full(rig), FakeControl())
    phases = [event.phase for event in events if isinstance(event, Progress)]
    assert sorted(set(phases), key=phases.index) == [Phase.SCAN, Phase.TRANSFER, Phase.COMMIT]
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.files_done, last.files_total, last.bytes_done, last.bytes_total) == (
        5,
        5,
        2200,
        2200,
    )
    assert isinstance(done, BackupDone)
    assert (done.files, done.bytes_read, done.skipped) == (5, 2200, 0)
    assert (done.listed_files, done.listed_bytes) == (5, 2200)
    assert done.stored_bytes > 0
    assert rig.kept() == {FULL}


def test_an_unchanged_client_gives_an_empty_inc_with_a_complete_listing(rig: Rig) -> None:
    back_up(rig, full(rig))
    done = back_up(rig, inc(rig, name_of("I", 2), *CHAIN))
    assert (done.files, done.bytes_read) == (0, 0)
    assert (done.listed_files, done.listed_bytes) == (5, 2200)


def test_a_missing_source_is_named_and_nothing_remains(rig: Rig) -> None:
    request = replace(full(rig), sources=(rig.source, b"/not/there"))
    with pytest.raises(EngineError, match="/not/there") as failure:
        back_up(rig, request)
    assert failure.value.code == "SOURCE_MISSING"
    assert rig.kept() == set()


def test_a_name_is_written_once(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.write("a", b"other")
    with pytest.raises(EngineError) as failure:
        back_up(rig, full(rig))
    assert failure.value.code == "NAME_TAKEN"
    bring_back(rig, CHAIN)
    assert rig.restored()["a"] == b"a" * 100


def test_a_cancel_before_the_start_leaves_nothing(rig: Rig) -> None:
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        list(rig.engine.backup(full(rig), control))
    assert rig.kept() == set()


@pytest.mark.parametrize("phase", list(Phase))
def test_a_cancel_on_the_way_leaves_nothing(rig: Rig, phase: Phase) -> None:
    control = FakeControl()
    events = rig.engine.backup(full(rig), control)
    until(events, phase)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert rig.kept() == set()


@pytest.mark.parametrize("phase", list(Phase))
def test_closing_it_early_is_a_cancel(rig: Rig, phase: Phase) -> None:
    events = rig.engine.backup(full(rig), FakeControl())
    until(events, phase)
    events.close()  # type: ignore[attr-defined]
    assert rig.kept() == set()
    assert back_up(rig, full(rig)).files == 5


@pytest.mark.parametrize("part", ["listing", "all"])
def test_a_base_that_cannot_be_read(rig: Rig, part: str) -> None:
    back_up(rig, full(rig))
    rig.lose(CHAIN[0]) if part == "all" else rig.damage(CHAIN[0], part)
    with pytest.raises(EngineError, match=FULL) as failure:
        back_up(rig, inc(rig, name_of("I", 2), *CHAIN))
    assert (failure.value.code, failure.value.saveset) == ("BASE_DAMAGED", FULL)
    assert name_of("I", 2) not in rig.kept()


def test_the_top_of_a_listing_is_its_sources(rig: Rig) -> None:
    rig.write("file", b"12", below=rig.source + b"-other")
    other = rig.source + b"-other/file"
    back_up(rig, replace(full(rig), sources=(other, rig.source)))
    page = rig.engine.entries(CHAIN[0], b"", None, 10)
    assert [(entry.path, entry.kind) for entry in page.entries] == [
        (rig.source, EntryKind.DIRECTORY),
        (other, EntryKind.FILE),
    ]
    assert (page.total, page.next_position) == (2, None)
    assert [entry.children for entry in page.entries] == [3, 0]


def test_a_directory_lists_directories_first(rig: Rig) -> None:
    back_up(rig, full(rig))
    page = rig.engine.entries(CHAIN[0], rig.source, None, 10)
    assert [entry.path for entry in page.entries] == [
        rig.source + name for name in (b"/dir", b"/a", b"/b")
    ]
    assert (page.total, page.next_position) == (3, None)
    directory, file, _ = page.entries
    assert (directory.kind, directory.children) == (EntryKind.DIRECTORY, 3)
    assert (file.kind, file.size, file.home, file.children) == (EntryKind.FILE, 100, FULL, 0)
    assert file.modify_time_ns > 0
    deeper = rig.engine.entries(CHAIN[0], rig.source + b"/dir", None, 10)
    assert [entry.path[len(rig.source) :] for entry in deeper.entries] == [
        b"/dir/deep",
        b"/dir/x",
        b"/dir/y",
    ]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_follow_each_other(rig: Rig, limit: int) -> None:
    back_up(rig, full(rig))
    for directory, count in ((rig.source, 3), (b"", 1)):
        found: list[bytes] = []
        position = None
        while True:
            page = rig.engine.entries(CHAIN[0], directory, position, limit)
            assert len(page.entries) <= limit
            assert page.total == count
            found += [entry.path for entry in page.entries]
            position = page.next_position
            if position is None:
                break
        assert len(found) == len(set(found)) == count


def test_the_home_of_an_entry_is_the_saveset_that_has_its_data(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.write("a", b"changed")
    back_up(rig, inc(rig, name_of("I", 2), *CHAIN))
    page = rig.engine.entries(ref(name_of("I", 2)), rig.source, None, 10)
    homes = {entry.path[len(rig.source) :]: entry.home for entry in page.entries}
    unchanged = FULL if rig.is_chained else name_of("I", 2)
    assert (homes[b"/a"], homes[b"/b"]) == (name_of("I", 2), unchanged)


def test_directories_that_a_listing_does_not_have(rig: Rig) -> None:
    back_up(rig, full(rig))
    for path in (b"/nowhere", rig.source + b"/nothing"):
        with pytest.raises(PathNotFound):
            rig.engine.entries(CHAIN[0], path, None, 10)
    with pytest.raises(PathNotFound):
        rig.engine.entries(CHAIN[0], rig.source + b"/a", None, 10)


def test_a_position_that_is_none(rig: Rig) -> None:
    back_up(rig, full(rig))
    with pytest.raises(PageTokenInvalid):
        rig.engine.entries(CHAIN[0], rig.source, "no such position", 10)


def test_missing_paths(rig: Rig) -> None:
    back_up(rig, full(rig))
    there = [rig.source, rig.source + b"/dir", rig.source + b"/dir/deep/z"]
    missing = [rig.source + b"/dir/deep/none", b"/nowhere"]
    assert rig.engine.missing_paths(CHAIN[0], [missing[0], *there, missing[1]]) == missing
    assert rig.engine.missing_paths(CHAIN[0], []) == []


def test_a_listing_that_cannot_be_read(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.damage(CHAIN[0], "listing")
    for saveset in (CHAIN[0], ref(name_of("F", 9))):
        with pytest.raises(SavesetDamaged):
            rig.engine.entries(saveset, b"", None, 10)
        with pytest.raises(SavesetDamaged):
            rig.engine.missing_paths(saveset, [rig.source])


def test_recover_removes_what_was_interrupted(rig: Rig) -> None:
    back_up(rig, full(rig))
    half = ref(name_of("F", 2))
    rig.interrupt(half)
    assert rig.kept() == {FULL, half.name}
    committed = frozenset({FULL})
    for _ in range(2):
        assert rig.engine.recover([half], committed) == [Interrupted(half.name, None)]
        assert rig.kept() == {FULL}
    bring_back(rig, CHAIN)
    assert len(rig.restored()) == 5


def test_recover_removes_temporary_names_that_nobody_knows(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.interrupt(ref(name_of("F", 2)))
    assert rig.engine.recover([], frozenset({FULL})) == []
    assert rig.kept() == {FULL}


@pytest.mark.logs_warnings
def test_recover_leaves_what_the_catalogue_does_not_know(rig: Rig) -> None:
    """A catalogue that was put back from a copy knows less than the medium holds."""
    back_up(rig, full(rig))
    rig.damage(CHAIN[0], "listing")
    assert rig.engine.recover([], frozenset()) == []
    assert rig.kept() == {FULL}


@pytest.mark.logs_warnings
def test_recover_keeps_what_only_lacks_the_commit(rig: Rig) -> None:
    done = back_up(rig, full(rig))
    facts = full(rig).facts
    assert rig.engine.recover(CHAIN, frozenset()) == [Interrupted(FULL, done, facts)]
    assert rig.engine.recover([], frozenset()) == []
    bring_back(rig, CHAIN)
    assert len(rig.restored()) == 5


def test_recover_does_not_keep_what_is_damaged_and_not_committed(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.damage(CHAIN[0], "data")
    assert rig.engine.recover(CHAIN, frozenset()) == [Interrupted(FULL, None)]
    assert rig.kept() == set()


def test_recover_leaves_what_is_committed(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.damage(CHAIN[0], "data")
    assert rig.engine.recover([], frozenset({FULL})) == []
    assert rig.kept() == {FULL}


def test_a_medium_that_is_not_in_its_place(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.engine.check_store(LABEL)
    assert rig.engine.present([*CHAIN, ref(name_of("F", 9))]) == {FULL}
    rig.unmount()
    assert rig.engine.present(CHAIN) == set()
    with pytest.raises(EngineError, match=LABEL) as failure:
        rig.engine.check_store(LABEL)
    assert (failure.value.code, failure.value.saveset) == ("STORE_MISSING", "")
    for request in (full(rig, name_of("F", 2)), inc(rig, name_of("I", 2), *CHAIN)):
        with pytest.raises(EngineError, match="Is it mounted"):
            back_up(rig, request)
    assert rig.engine.recover(CHAIN, frozenset()) == []
    assert rig.engine.entries(CHAIN[0], b"", None, 10).total == 1
    rig.mount()
    assert rig.engine.present(CHAIN) == {FULL}
    assert back_up(rig, inc(rig, name_of("I", 2), *CHAIN)).listed_files == 5


def test_what_is_lost_is_not_present(rig: Rig) -> None:
    back_up(rig, full(rig))
    back_up(rig, full(rig, name_of("F", 2)))
    rig.lose(CHAIN[0])
    assert rig.engine.present([*CHAIN, ref(name_of("F", 2))]) == {name_of("F", 2)}


def test_leftovers_on_a_medium_that_is_back(rig: Rig) -> None:
    names = [name_of("F", number) for number in (1, 2, 3)]
    back_up(rig, full(rig, names[0]))
    for name in names[1:]:
        rig.interrupt(ref(name))
    rig.unmount()
    with pytest.raises(EngineError) as failure:
        rig.engine.sweep(LABEL, set)
    assert failure.value.code == "STORE_MISSING"
    rig.mount()
    rig.engine.sweep(LABEL, lambda: {names[1], names[2]})
    assert rig.kept() == set(names)
    rig.engine.sweep(LABEL, lambda: {names[1]})
    assert rig.engine.present([ref(names[0])]) == {names[0]}
    assert rig.kept() >= {names[0], names[1]}


def test_listings_are_compressed_once_and_read_as_before(rig: Rig) -> None:
    back_up(rig, full(rig))
    listed = rig.engine.entries(CHAIN[-1], rig.source, None, 100)
    day = CHAIN[-1].sesam_day
    assert list(rig.engine.compress_listings(day, FakeControl())) == []
    [done] = rig.engine.compress_listings(day + timedelta(days=1), FakeControl())
    assert isinstance(done, Compressed)
    assert (done.saveset, done.size_after < done.size_before) == (FULL, True)
    assert list(rig.engine.compress_listings(day + timedelta(days=1), FakeControl())) == []
    assert rig.engine.entries(CHAIN[-1], rig.source, None, 100) == listed
    assert rig.engine.present([CHAIN[-1]]) == {FULL}


def test_compressing_stops_at_a_cancel(rig: Rig) -> None:
    back_up(rig, full(rig))
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        list(rig.engine.compress_listings(CHAIN[-1].sesam_day + timedelta(days=1), control))


def test_what_a_command_writes_is_a_file_of_the_saveset(rig: Rig) -> None:
    dump = rig.command("dump.sql", b"rows " * 1000)
    done = back_up(rig, replace(full(rig), commands=(dump,)))
    assert (done.files, done.bytes_read, done.listed_files) == (6, 7200, 6)
    page = rig.engine.entries(CHAIN[0], COMMANDS_DIRECTORY, None, 10)
    [entry] = page.entries
    assert (entry.path, entry.size, entry.home) == (dump.path, 5000, FULL)
    assert rig.engine.missing_paths(CHAIN[0], [dump.path]) == []
    bring_back(rig, CHAIN)
    assert rig.restored_of_commands() == {"dump.sql": b"rows " * 1000}
    assert len(rig.restored()) == 5


def test_a_command_runs_anew_for_each_backup(rig: Rig) -> None:
    back_up(rig, replace(full(rig), commands=(rig.command("dump.sql", b"first"),)))
    second = name_of("I", 2)
    again = replace(inc(rig, second, *CHAIN), commands=(rig.command("dump.sql", b"other"),))
    assert back_up(rig, again).files == 1
    bring_back(rig, (ref(second), *CHAIN), again.commands[0].path)
    assert rig.restored_of_commands() == {"dump.sql": b"other"}
    bring_back(rig, CHAIN, again.commands[0].path)
    assert rig.restored_of_commands() == {"dump.sql": b"first"}


@pytest.mark.parametrize("status", [1, 3, 255])
def test_a_command_that_fails_is_no_saveset(rig: Rig, status: int) -> None:
    failing = rig.command("dump.sql", b"half of it", status)
    with pytest.raises(EngineError, match=r"dump\.sql") as failure:
        back_up(rig, replace(full(rig), commands=(failing,)))
    assert failure.value.code == "COMMAND_FAILED"
    assert rig.kept() == set()


@pytest.mark.parametrize("reference", TimeReference)
def test_what_a_backup_can_go_by(rig: Rig, reference: TimeReference) -> None:
    request = replace(full(rig), options=TaskOptions(time_reference=reference))
    if reference not in rig.references:
        with pytest.raises(EngineError) as failure:
            back_up(rig, request)
        assert failure.value.code == "REFERENCE_UNUSABLE"
        assert rig.kept() == set()
        return
    done = back_up(rig, request)
    assert (done.begin_ns > 0) is (reference is not TimeReference.DATABASE)
    second = name_of("I", 2)
    again = replace(inc(rig, second, *CHAIN), options=request.options, since_ns=2**62)
    rig.write("a", b"of another size")
    assert back_up(rig, again).files == 1
    if reference is TimeReference.ARCHIVE_BIT:
        [said] = rig.engine.clear_archive_bits(ref(second))
        assert said.code == "ARCHIVE_BITS"


def test_commands_alone(rig: Rig) -> None:
    commands = tuple(rig.command(name, name.encode()) for name in ("one", "two"))
    done = back_up(rig, replace(full(rig), sources=(), commands=commands))
    assert (done.files, done.bytes_read) == (2, 6)
    bring_back(rig, CHAIN)
    assert rig.restored_of_commands() == {"one": b"one", "two": b"two"}


def test_a_client_that_can_be_used(rig: Rig) -> None:
    assert rig.engine.check_client(rig.client, FakeControl()) == []


def test_a_client_that_cannot_be_reached(rig: Rig) -> None:
    away = rig.away()
    requests = replace(full(rig), client=away)
    for call, code in (
        (lambda: rig.engine.check_client(away, FakeControl()), rig.away_code),
        (lambda: rig.engine.host_keys(away, FakeControl()), "CLIENT_UNREACHABLE"),
        (lambda: back_up(rig, requests), rig.away_code),
    ):
        with pytest.raises(EngineError) as failure:
            call()
        assert failure.value.code == code
    assert rig.kept() == set()
