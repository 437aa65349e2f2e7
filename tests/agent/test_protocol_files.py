"""Protocol files as they lie on the disk."""

import resource
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.domain.jobs import Level, ProtocolLine
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
    assert protocols.read(RUNNING, 0, 5) == ([LINE], False)
    write(protocols)
    assert file.read_bytes() == WRITTEN * 2


def test_a_protocol_of_nothing_but_a_torn_line(tmp_path: Path) -> None:
    protocols = ProtocolFiles(tmp_path)
    file = write(protocols)
    file.write_bytes(b"torn")
    assert protocols.read(RUNNING, 0, 5) == ([], False)
    write(protocols)
    assert file.read_bytes() == WRITTEN


@pytest.mark.parametrize("damaged", [b"no fields\n", b"a\tinfo\tC\ttext\n", b"\xff\xfe\n", b"\n"])
def test_a_damaged_line_is_shown_as_it_stands(tmp_path: Path, damaged: bytes) -> None:
    protocols = ProtocolFiles(tmp_path)
    write(protocols).write_bytes(damaged + WRITTEN)
    found, more = protocols.read(RUNNING, 0, 5)
    assert not more
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
