"""What tells of changes besides the base's listing: a moment, and archive bits."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions, TimeReference
from server_agent.ports import BackupDone, EngineError
from tests.agent.tar.site import Site, at, is_progress

STAMP = TaskOptions(time_reference=TimeReference.TIME_STAMP_FILE)
BITS = TaskOptions(time_reference=TimeReference.ARCHIVE_BIT)
HOUR_NS = 3_600_000_000_000


@dataclass
class MemoryBits:
    """Archive bits beside the files, which keep their times."""

    marked: set[bytes] = field(default_factory=set)
    stubborn: set[bytes] = field(default_factory=set)

    def is_set(self, path: bytes) -> bool:
        return path in self.marked

    def clear(self, path: bytes) -> None:
        if path in self.stubborn:
            raise PermissionError(1, "Operation not permitted")
        self.marked.discard(path)


@pytest.fixture
def bits(site: Site) -> MemoryBits:
    bits = MemoryBits()
    site.engine._bits = bits
    return bits


def make(site: Site, *names: str) -> None:
    for name in names:
        path = site.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def back_up_since(site: Site, since_ns: int, kind: BackupType = BackupType.INC) -> BackupDone:
    """On the newest, or a DIFF on the oldest."""
    base = site.chain[-1:] if kind is BackupType.DIFF else site.chain
    request = replace(
        site.request(), since_ns=since_ns, type=kind, base=tuple(base), facts={"task": "t"}
    )
    done = site.run(request)
    site.chain.insert(0, replace(base[0], name=request.saveset, base=base[0].name))
    return done


def saved(site: Site) -> set[str]:
    """Names of the files that the newest saveset itself holds."""
    page = site.engine.entries(site.chain[0], os.fsencode(site.source), None, 100)
    return {
        os.path.basename(os.fsdecode(entry.path))
        for entry in page.entries
        if entry.home == site.chain[0].name and entry.kind != "d"
    }


# --- the moment of a time stamp ---


def test_what_has_times_after_the_moment_is_saved(site: Site) -> None:
    make(site, "old", "written", "touched", "mode")
    site.options = STAMP
    full = site.back_up()
    now = max((site.source / "mode").stat().st_ctime_ns, full.begin_ns) + 1
    make(site, "written", "new")
    (site.source / "mode").chmod(0o600)
    later = (site.source / "old").stat().st_mtime_ns
    os.utime(site.source / "touched", ns=(later, later))
    done = back_up_since(site, now)
    assert saved(site) == {"written", "new", "touched", "mode"}
    assert done.listed_files == 5
    site.restore(site.root / "back")
    assert at(site.root / "back", site.source / "mode").stat().st_mode & 0o777 == 0o600


def test_the_moment_lies_before_all_that_the_backup_may_have_missed(site: Site) -> None:
    site.options = STAMP
    make(site, "first")
    full = site.back_up()
    # Written as soon as the clock can tell after the begin of the scan.
    assert full.begin_ns < (site.source / "first").stat().st_mtime_ns
    assert back_up_since(site, full.begin_ns).files == 1
    assert saved(site) == {"first"}  # twice rather than never


@pytest.mark.parametrize("ahead_ns", [2**62, HOUR_NS])
def test_a_stamp_from_a_clock_that_was_ahead_hides_nothing(site: Site, ahead_ns: int) -> None:
    """What was written since keeps its size and time of modification, and has a time of change that
    lies before the stamp, which that of a clock that was put right always does."""
    make(site, "kept", "mode", "twice")
    os.utime(site.source / "twice", (1, 1))
    site.options = STAMP
    full = site.back_up()
    (site.source / "mode").chmod(0o600)
    (site.source / "twice").write_text("eciwt")
    os.utime(site.source / "twice", (1, 1))
    back_up_since(site, full.begin_ns + ahead_ns)
    assert saved(site) == {"mode", "twice"}


def test_an_older_file_that_takes_the_place_of_another_is_saved(site: Site) -> None:
    make(site, "place")
    older = site.root / "older"
    older.write_text("other")
    site.options = STAMP
    os.utime(older, ns=(HOUR_NS, HOUR_NS))
    site.back_up()
    older.replace(site.source / "place")
    back_up_since(site, 2**62)  # nothing is after that
    assert saved(site) == {"place"}


def test_an_older_file_that_is_moved_here_and_one_that_is_deleted(site: Site) -> None:
    make(site, "stays", "goes")
    site.options = STAMP
    site.back_up()
    (site.source / "goes").unlink()
    moved = site.root / "moved"
    moved.write_text("moved")
    os.utime(moved, ns=(HOUR_NS, HOUR_NS))
    moved.replace(site.source / "moved")
    done = back_up_since(site, 2**62)
    assert saved(site) == {"moved"}
    assert done.listed_files == 2
    site.restore(site.root / "back")
    names = {path.name for path in at(site.root / "back", site.source).iterdir()}
    assert names == {"stays", "moved"}


def test_without_a_moment_the_listing_tells(site: Site) -> None:
    make(site, "same", "mode")
    site.options = STAMP
    site.back_up()
    (site.source / "mode").chmod(0o600)
    back_up_since(site, 0)
    assert saved(site) == {"mode"}


def test_the_database_needs_no_moment(site: Site) -> None:
    make(site, "a")
    assert site.back_up().begin_ns == 0


# --- archive bits ---


def clear(site: Site) -> list[str]:
    return [message.text for message in site.engine.clear_archive_bits(site.chain[0])]


def marked(site: Site, bits: MemoryBits) -> set[str]:
    return {os.path.basename(os.fsdecode(path)) for path in bits.marked}


def mark(site: Site, bits: MemoryBits, *names: str) -> None:
    bits.marked |= {os.fsencode(site.source / name) for name in names}


def test_what_has_its_bit_set_is_saved_and_cleared(site: Site, bits: MemoryBits) -> None:
    make(site, "a", "b", "c")
    site.options = BITS
    mark(site, bits, "a", "b")
    full = site.back_up()
    assert marked(site, bits) == {"a", "b"}  # the saveset is not in the catalogue yet
    assert clear(site) == ["The archive bit of 2 files was cleared"]
    assert marked(site, bits) == set()
    assert back_up_since(site, full.begin_ns).files == 0

    mark(site, bits, "c")
    assert back_up_since(site, full.begin_ns).files == 1
    assert saved(site) == {"c"}
    assert clear(site) == ["The archive bit of 1 file was cleared"]
    assert back_up_since(site, full.begin_ns).files == 0


def test_what_the_bit_does_not_tell_is_saved_too(site: Site, bits: MemoryBits) -> None:
    make(site, "same", "size", "time", "mode")
    site.options = BITS
    full = site.back_up()
    (site.source / "size").write_text("another size")
    os.utime(site.source / "time", ns=(HOUR_NS, HOUR_NS))
    (site.source / "mode").chmod(0o600)
    make(site, "new")
    back_up_since(site, full.begin_ns)
    assert saved(site) == {"size", "time", "mode", "new"}


def test_clearing_changes_a_time_that_does_not_count(site: Site, bits: MemoryBits) -> None:
    make(site, "a", "b")
    site.options = BITS
    full = site.back_up()
    for since_ns, files in ((full.begin_ns, 0), (0, 2)):
        for name in ("a", "b"):
            path = site.source / name
            before = path.stat()
            path.chmod(before.st_mode)  # as an extended attribute does
            assert path.stat().st_ctime_ns != before.st_ctime_ns
        assert back_up_since(site, since_ns).files == files


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("written since"),
        lambda path: path.chmod(0o600),
        lambda path: path.unlink(),
    ],
    ids=["written", "mode", "gone"],
)
def test_what_has_changed_since_keeps_its_bit(
    site: Site, bits: MemoryBits, change: Callable[[Path], object]
) -> None:
    make(site, "a", "b")
    site.options = BITS
    mark(site, bits, "a", "b")
    site.back_up()
    change(site.source / "a")
    assert clear(site) == ["The archive bit of 1 file was cleared"]
    assert marked(site, bits) == {"a"}


def test_what_was_not_saved_whole_keeps_its_bit(site: Site, bits: MemoryBits) -> None:
    make(site, "a", "b")
    site.options = BITS
    mark(site, bits, "a", "b")

    def grow(event: object) -> None:
        if is_progress(event, "transfer"):
            with (site.source / "a").open("a") as file:
                file.write("more")

    site.back_up(on_event=grow)  # behind the scan
    assert (site.source / "a").stat().st_size > 1
    clear(site)
    assert marked(site, bits) == {"a"}


def test_what_another_saveset_holds_keeps_its_bit(site: Site, bits: MemoryBits) -> None:
    make(site, "a", "b")
    site.options = BITS
    full = site.back_up()
    mark(site, bits, "b")
    back_up_since(site, full.begin_ns)
    mark(site, bits, "a")
    clear(site)
    assert marked(site, bits) == {"a"}


def test_a_bit_that_cannot_be_cleared(site: Site, bits: MemoryBits) -> None:
    make(site, "a", "b")
    site.options = BITS
    mark(site, bits, "a", "b")
    bits.stubborn = {os.fsencode(site.source / "a")}
    full = site.back_up()
    assert clear(site) == [
        "The archive bit of 1 file was cleared",
        f'The archive bit of 1 file cannot be cleared, "{site.source}/a" for instance:'
        " Operation not permitted. The next backup saves them again",
    ]
    assert back_up_since(site, full.begin_ns).files == 1
    assert saved(site) == {"a"}


def test_all_names_of_a_file_are_saved_with_it(site: Site, bits: MemoryBits) -> None:
    make(site, "a", "b")
    (site.source / "link").hardlink_to(site.source / "a")
    site.options = BITS
    full = site.back_up()
    mark(site, bits, "link")
    back_up_since(site, full.begin_ns)
    assert saved(site) == {"a", "link"}


def test_more_files_than_are_looked_at_at_once(site: Site, bits: MemoryBits) -> None:
    names = [f"d{number % 7}/{number:04d}" for number in range(2500)]
    make(site, *names)
    site.options = BITS
    full = site.back_up()
    chosen = names[::500]
    mark(site, bits, *chosen)
    assert back_up_since(site, full.begin_ns).files == len(chosen)
    assert clear(site) == [f"The archive bit of {len(chosen)} files was cleared"]


def test_a_listing_that_is_gone_clears_nothing(site: Site, bits: MemoryBits) -> None:
    make(site, "a")
    site.options = BITS
    mark(site, bits, "a")
    site.back_up()
    site.listing().unlink()
    [text] = clear(site)
    assert text.startswith("Archive bits are not cleared: the listing cannot be read")
    assert marked(site, bits) == {"a"}


def test_there_are_no_bits_of_another_machine(site: Site) -> None:
    site.options = BITS
    away = Ssh("127.0.0.1", "root", "/nowhere", "SHA256:" + "x" * 43, port=1)
    with pytest.raises(EngineError, match="over SSH") as failure:
        site.run(replace(site.request(), client=away))
    assert failure.value.code == "REFERENCE_UNUSABLE"
    assert site.files() == set()
