"""Protocol files as they lie on the disk."""

import os
import resource
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.domain.jobs import JobKind, Level, ProtocolLine, ProtocolPart
from tests.fakes.records import JOB, START

RUNNING = replace(JOB, id="7")
LINE = ProtocolLine(START, Level.WARNING, "FILE_UNREADABLE", 'two\nlines, a\ttab and a "\\"')
WRITTEN = (
    b"2026-03-01T12:00:00.123456+00:00\twarning\tFILE_UNREADABLE\t"
    b'two\\nlines, a\\ttab and a "\\\\"\n'
)


def write(protocols: ProtocolFiles, line: ProtocolLine = LINE) -> Path:
    writer = protocols.open(RUNNING)
    writer.write(line)
    writer.close()
    return protocols.file(RUNNING)


def test_one_line_of_text_per_line(tmp_path: Path) -> None:
    file = write(ProtocolFiles(tmp_path))
    assert file == tmp_path / "20260301/home-20260301_7.not"
    assert file.read_bytes() == WRITTEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_directory_of_the_listings_is_made_when_it_is_gone(tmp_path: Path) -> None:
    file = write(ProtocolFiles(tmp_path / "var/lis"))
    assert file.read_bytes() == WRITTEN
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_interface_programs_say_lies_in_a_place_of_its_own(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path / "lis", tmp_path / "prepost")
    for part in ProtocolPart:
        protocols.open(RUNNING, part).close()
    files = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert files == {
        "lis/20260301/home-20260301_7.not",
        "prepost/20260301/home-20260301_7.pre",
        "prepost/20260301/home-20260301_7.pos",
    }


def test_backups_are_numbered_and_migrations_have_a_suffix_of_their_own(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path / "lis", tmp_path / "prepost")
    backup = replace(RUNNING, number=12)
    migration = replace(RUNNING, kind=JobKind.MIGRATION)
    assert protocols.file(backup).name == "home-20260301_012_7.not"
    assert protocols.file(backup, ProtocolPart.POST).name == "home-20260301_012_7.pos"
    assert protocols.file(migration).name == "home-20260301_7.mig"
    assert protocols.file(migration, ProtocolPart.PRE).name == "home-20260301_7.pre"


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("etc 2", "etc_2-20260301_7.not"),
        ("Büro.1", "Büro.1-20260301_7.not"),
        ("../../etc/passwd", ".._.._etc_passwd-20260301_7.not"),
        ("a\0b\nc", "a_b_c-20260301_7.not"),
        ("字" * 128, "字" * 50 + "-20260301_7.not"),
    ],
)
def test_names_of_tasks_in_names_of_files(tmp_path: Path, task: str, name: str) -> None:
    protocols = ProtocolFiles(tmp_path)
    job = replace(RUNNING, task=task)
    protocols.open(job).close()
    assert [file.name for file in tmp_path.glob("20260301/*")] == [name]
    assert protocols.file(job).name == name


@pytest.mark.parametrize("torn", [b"2026-03", b"x" * 200_000, b"\0" * 4096])
def test_a_torn_line_is_not_read_and_goes_with_the_next_writer(tmp_path: Path, torn: bytes) -> None:
    protocols = ProtocolFiles(tmp_path)
    file = write(protocols)
    file.write_bytes(WRITTEN + torn)
    assert protocols.read(RUNNING, 0, 5) == ([LINE], 1)
    write(protocols)
    assert file.read_bytes() == WRITTEN * 2


def test_a_protocol_of_nothing_but_a_torn_line(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path)
    file = write(protocols)
    file.write_bytes(b"torn")
    assert protocols.read(RUNNING, 0, 5) == ([], 0)
    write(protocols)
    assert file.read_bytes() == WRITTEN


@pytest.mark.parametrize("damaged", [b"no fields\n", b"a\tinfo\tC\ttext\n", b"\xff\xfe\n", b"\n"])
def test_a_damaged_line_is_shown_as_it_stands(tmp_path: Path, damaged: bytes) -> None:
    protocols = ProtocolFiles(tmp_path)
    write(protocols).write_bytes(damaged + WRITTEN)
    found, total = protocols.read(RUNNING, 0, 5)
    assert total == 2
    text = damaged.decode(errors="backslashreplace").rstrip("\n")
    assert found == [ProtocolLine(START, Level.WARNING, "LINE_DAMAGED", text), LINE]


def test_signs_that_are_no_text_do_not_stop_the_protocol(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path)
    write(protocols, replace(LINE, text="name \udcff"))
    [found], _ = protocols.read(RUNNING, 0, 5)
    assert found.text == "name \\udcff"


def test_a_line_that_does_not_fit_leaves_whole_lines_only(tmp_path: Path) -> None:
    """A limit of the file's size stands for a full disk: it too cuts a write short."""
    protocols = ProtocolFiles(tmp_path)
    writer = protocols.open(RUNNING)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(WRITTEN) + 10, hard))
    try:
        writer.write(LINE)
        with pytest.raises(OSError, match="too large"):
            writer.write(LINE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert protocols.file(RUNNING).read_bytes() == WRITTEN
    writer.write(LINE)
    writer.close()
    assert protocols.file(RUNNING).read_bytes() == WRITTEN * 2


def synced(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the files held at each sync of one, in the order of the syncs."""
    seen: list[bytes] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            seen.append(os.pread(descriptor, 1 << 20, 0))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return seen


def test_a_warning_and_the_end_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = synced(monkeypatch)
    told = replace(LINE, level=Level.INFO)
    writer = ProtocolFiles(tmp_path).open(RUNNING)
    writer.write(told)
    assert seen == []
    writer.write(LINE)
    assert [len(content.splitlines()) for content in seen] == [2]
    writer.write(told)
    writer.close()
    writer.close()
    assert [len(content.splitlines()) for content in seen] == [2, 3]


def test_a_flood_of_warnings_does_not_wait_for_a_sync_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = synced(monkeypatch)
    writer = ProtocolFiles(tmp_path).open(RUNNING)
    for _ in range(1000):
        writer.write(LINE)
    writer.close()
    assert 2 <= len(seen) < 100
    assert len(seen[-1].splitlines()) == 1000


def test_a_page_near_the_end_reads_little(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path)
    protocols.open(RUNNING).close()
    file = protocols.file(RUNNING)
    file.write_bytes(b"".join(b"%s %06d\n" % (WRITTEN[:-1], n) for n in range(100_000)))
    assert protocols.read(RUNNING, 0, 1)[1] == 100_000
    before = bytes_read()
    for after in (0, 499, 50_000, 99_990, 99_999, 100_000, 2**62):
        found, total = protocols.read(RUNNING, after, 10)
        assert total == 100_000
        numbers = [int(line.text[-6:]) for line in found]
        assert numbers == list(range(after, min(after + 10, 100_000)))
    assert bytes_read() - before < file.stat().st_size / 10


def bytes_read() -> int:
    """By this process, from wherever."""
    facts = Path("/proc/self/io").read_text().split()
    return int(facts[facts.index("rchar:") + 1])


def test_what_is_added_is_found_and_another_file_is_read_anew(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path)
    file = write(protocols)
    assert protocols.read(RUNNING, 0, 9) == ([LINE], 1)
    file.write_bytes(WRITTEN * 5000 + b"torn")
    assert protocols.read(RUNNING, 4999, 9) == ([LINE], 5000)
    file.write_bytes(b"x\n")
    found, total = protocols.read(RUNNING, 0, 9)
    assert ([line.text for line in found], total) == (["x"], 1)
    other = tmp_path / "other"
    other.write_bytes(WRITTEN * 2)
    other.replace(file)
    assert protocols.read(RUNNING, 1, 9) == ([LINE], 2)
