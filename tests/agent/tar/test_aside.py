"""Old versions of restored files and the journal of them, without a restore."""

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.journal import Journal, Note, read
from server_agent.adapters.tar.killed import clean_up
from server_agent.domain.jobs import Level
from tests.agent.tar.site import Site, unprivileged

OLD = "the old one"


def noted(tmp_path: Path, *names: str) -> Journal:
    """A journal in which these files of 5 bytes are noted as if they were moved aside."""
    journal = Journal(tmp_path / "restore-7.aside")
    holder = tmp_path / ".sesam-1.tmp"
    holder.mkdir()
    notes = [Note(os.fsencode(tmp_path / n), os.fsencode(holder / n), 5) for n in names]
    journal.write(notes, [], synced=True)
    return journal


def test_after_a_kill_between_the_note_and_the_move(tmp_path: Path) -> None:
    journal = noted(tmp_path, "done", "whole", "cut", "moved", "not yet")
    for name, text in {"done": "12345", "whole": "12345", "cut": "123", "not yet": OLD}.items():
        (tmp_path / name).write_text(text)
    for name in ("whole", "cut", "moved"):
        (tmp_path / ".sesam-1.tmp" / name).write_text(OLD)
    said = clean_up(journal.path)
    assert [(message.level, message.code) for message in said] == [(Level.WARNING, "PUT_BACK")] * 2
    assert said[0].path == os.fsencode(tmp_path / "cut")
    assert "1 file was not yet restored" in said[1].text
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "done": "12345",
        "whole": "12345",
        "cut": OLD,
        "moved": OLD,
        "not yet": OLD,
    }
    assert clean_up(journal.path) == []


def test_what_a_crash_of_the_system_has_cut_is_as_before_again(tmp_path: Path) -> None:
    journal = noted(tmp_path, "empty", "whole")
    for name, text in {"empty": "", "whole": "12345"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / ".sesam-1.tmp" / name).write_text(OLD)
    [said] = clean_up(journal.path)
    assert (said.code, said.path) == ("PUT_BACK", os.fsencode(tmp_path / "empty"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "empty": OLD,
        "whole": "12345",
    }


@pytest.mark.parametrize("fails", [False, True])
def test_a_start_after_a_kill_removes_no_old_version_before_the_sync(
    tmp_path: Path, fails: bool
) -> None:
    journal = noted(tmp_path, "a", "b")
    holder = tmp_path / ".sesam-1.tmp"
    for name in ("a", "b"):
        (tmp_path / name).write_text("12345")
        (holder / name).write_text(OLD)
    there: list[int] = []

    def sync(_: bytes) -> None:
        there.append(len(os.listdir(holder)))
        if fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    said = clean_up(journal.path, sync)
    assert [message.code for message in said] == (["LEFT_ASIDE"] * 2 if fails else [])
    assert there == ([2, 2] if fails else [2])
    assert holder.exists() is fails


def come_over_old_ones(aside: Aside, place: Path) -> None:
    """Two files are restored, one to where an old version is."""
    (place / "a").write_text(OLD)
    names = [os.fsencode(place / name) for name in ("a", "b")]
    aside.before([(name, 3, 0) for name in names])
    for name in names:
        Path(os.fsdecode(name)).write_text("new")
        aside.come(name)


def test_an_old_version_goes_when_the_new_one_is_on_the_disk(tmp_path: Path) -> None:
    there: list[list[str]] = []

    def sync(directory: bytes) -> None:
        assert os.fsdecode(directory) == str(tmp_path)
        there.append(sorted(path.read_text() for path in tmp_path.rglob("*") if path.is_file()))

    with Aside(Journal(tmp_path.parent / "journal"), sync) as aside:
        come_over_old_ones(aside, tmp_path)
        assert there == []
        aside.dispose()
        assert there == [["new", "new", OLD]]
        aside.dispose()
    assert len(there) == 1
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "new"}


@pytest.mark.logs_warnings
def test_what_cannot_be_written_to_the_disk_costs_no_old_version(tmp_path: Path) -> None:
    def fail(directory: bytes) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), directory)

    journal = Journal(tmp_path.parent / "journal")
    with Aside(journal, fail) as aside:
        come_over_old_ones(aside, tmp_path)
        with pytest.raises(OSError, match="Input/output"):
            aside.dispose()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": OLD, "b": "new"}
    assert not journal.path.exists()


def test_old_versions_do_not_pile_up(tmp_path: Path) -> None:
    with Aside(Journal(tmp_path.parent / "journal"), lambda _: None) as aside:
        come_over_old_ones(aside, tmp_path)
        assert not aside.is_due
        (tmp_path / "large").write_bytes(bytes(40 << 20))
        aside.before([(os.fsencode(tmp_path / "large"), 1, 0)])
        (tmp_path / "large").write_text("n")
        aside.come(os.fsencode(tmp_path / "large"))
        assert aside.is_due
        aside.dispose()
        assert not aside.is_due


def test_an_old_version_that_cannot_be_removed_is_a_warning(open_site: Site) -> None:
    place = open_site.source
    place.chmod(0o777)
    with Aside(Journal(open_site.root / "journal"), lambda _: None) as aside:
        come_over_old_ones(aside, place)
        [holder] = place.glob(".sesam-*")
        holder.chmod(0o500)
        with unprivileged():
            aside.dispose()
        [said] = aside.said()
    assert (said.level, said.code) == (Level.WARNING, "NOT_REMOVED")
    assert said.text.endswith(f'what was there is now "{holder / "a"}"')
    assert aside.replaced == [said.text]
    assert (holder / "a").read_text() == OLD


def test_a_note_that_does_not_fit_spoils_no_other(tmp_path: Path) -> None:
    """A limit of the file's size stands for a full disk: it too cuts a write short."""
    journal = Journal(tmp_path / "journal")
    first, lost, last = (Note(name * 20, b"", 5) for name in (b"/a", b"/b", b"/c"))
    journal.write([first], [], synced=False)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 10, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            journal.write([lost], [], synced=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.write([last], [], synced=False)
    assert read(journal.path) == [first, last]


@pytest.mark.logs_warnings
def test_a_damaged_journal_does_not_keep_the_agent_from_its_start(tmp_path: Path) -> None:
    journal = noted(tmp_path, "a")
    good = journal.path.read_bytes()
    journal.path.write_bytes(good + b"/x\0/y\0/z\0" + good)
    (tmp_path / ".sesam-1.tmp/a").write_text(OLD)
    [said] = clean_up(journal.path)
    assert (said.code, (tmp_path / "a").read_text()) == ("PUT_BACK", OLD)


def test_the_name_of_a_journal_outlasts_a_crash_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            directories.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    journal = Journal(tmp_path / "journal")
    for synced in (False, True, True):
        journal.write([Note(b"/a", b"/b", 1)], [], synced=synced)
    assert directories == [str(tmp_path)]


def test_a_journal_stays_short(tmp_path: Path) -> None:
    journal = noted(tmp_path, "pending")
    pending = read(journal.path)
    note = Note(b"/" + b"x" * 4000, b"", 1)
    for _ in range(2000):
        journal.write([note], pending, synced=False)
    notes = read(journal.path)
    assert notes[0] == pending[0]
    assert set(notes[1:]) == {note}
    assert journal.path.stat().st_size < 5 << 20


def test_a_journal_with_much_to_be_done_is_not_made_anew_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal")
    pending: list[Note] = []
    made: list[Path] = []
    replace = os.replace

    def note_replace(new: Path, old: Path) -> None:
        made.append(old)
        replace(new, old)

    monkeypatch.setattr(os, "replace", note_replace)
    for number in range(3000):
        note = Note(b"/%d/" % number + b"x" * 4000, b"", None)
        journal.write([note], pending, synced=False)
        pending.append(note)
    assert read(journal.path) == pending
    assert 1 <= len(made) < 5


def test_a_directory_that_can_be_written_and_not_read(open_site: Site) -> None:
    with unprivileged():
        place = open_site.source
        place.chmod(0o300)
        with Aside(Journal(open_site.root / "journal")) as aside:
            come_over_old_ones(aside, place)
            aside.dispose()
        place.chmod(0o700)
    assert {path.name: path.read_text() for path in place.iterdir()} == {"a": "new", "b": "new"}


def test_what_was_in_the_way_goes_when_the_new_one_is_on_the_disk(tmp_path: Path) -> None:
    there: list[int] = []
    with Aside(
        Journal(tmp_path.parent / "journal"),
        lambda directory: there.append(len(os.listdir(directory))),
    ) as aside:
        (tmp_path / "place").mkdir()
        aside.take(os.fsencode(tmp_path / "place"))
        (tmp_path / "place").write_text("new")
        list(aside.settle())
    assert there == [2], "the new one, and the holder of the old one"
    assert os.listdir(tmp_path) == ["place"]
