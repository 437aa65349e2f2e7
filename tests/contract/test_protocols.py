"""What all protocols do."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.domain.jobs import Level, ProtocolLine, ProtocolPart
from server_agent.ports import Protocols
from tests.fakes.protocols import MemoryProtocols
from tests.fakes.records import JOB, START

RUNNING = replace(JOB, id="7")


@pytest.fixture(params=["memory", "files"])
def protocols(request: pytest.FixtureRequest, tmp_path: Path) -> Protocols:
    return MemoryProtocols() if request.param == "memory" else ProtocolFiles(tmp_path)


def lines(count: int) -> list[ProtocolLine]:
    return [
        ProtocolLine(START + timedelta(microseconds=number), Level.INFO, "LINE", f"line {number}")
        for number in range(count)
    ]


def write(protocols: Protocols, *written: ProtocolLine) -> None:
    writer = protocols.open(RUNNING)
    for line in written:
        writer.write(line)
    writer.close()


def test_a_job_without_a_protocol(protocols: Protocols) -> None:
    assert protocols.read(RUNNING, 0, 10) == ([], 0)
    protocols.open(RUNNING).close()
    assert protocols.read(RUNNING, 0, 10) == ([], 0)


def test_pages(protocols: Protocols) -> None:
    written = lines(5)
    write(protocols, *written)
    assert protocols.read(RUNNING, 0, 2) == (written[:2], 5)
    assert protocols.read(RUNNING, 2, 2) == (written[2:4], 5)
    assert protocols.read(RUNNING, 4, 2) == (written[4:], 5)
    assert protocols.read(RUNNING, 3, 2) == (written[3:], 5)
    assert protocols.read(RUNNING, 5, 2) == ([], 5)
    assert protocols.read(RUNNING, 99, 2) == ([], 5)


def test_a_line_can_be_read_when_it_is_written(protocols: Protocols) -> None:
    writer = protocols.open(RUNNING)
    for number, line in enumerate(lines(3)):
        writer.write(line)
        assert protocols.read(RUNNING, number, 10) == ([line], number + 1)
    writer.close()


def test_opening_again_appends(protocols: Protocols) -> None:
    written = lines(4)
    write(protocols, *written[:2])
    write(protocols, *written[2:])
    assert protocols.read(RUNNING, 0, 10) == (written, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tab\tand\nnew line\r",
        "back\\slash \\n \\t \\\\",
        "trailing \\",
        "ä € 💾 \x85 \u2028 \x0b \x0c \x1c",
        "  blanks  ",
        "x" * 100_000,
    ],
)
def test_any_text_survives(protocols: Protocols, text: str) -> None:
    line = ProtocolLine(START, Level.ERROR, "FILE_UNREADABLE", text)
    write(protocols, line, *lines(1))
    found, _ = protocols.read(RUNNING, 0, 5)
    assert found == [line, *lines(1)]
    assert found[0].level is Level.ERROR


def test_parts_of_a_job_are_kept_apart(protocols: Protocols) -> None:
    main, pre, post = ([line] for line in lines(3))
    for part, written in zip(ProtocolPart, (main, pre, post), strict=True):
        writer = protocols.open(RUNNING, part)
        writer.write(written[0])
        writer.close()
    for part, written in zip(ProtocolPart, (main, pre, post), strict=True):
        assert protocols.read(RUNNING, 0, 5, part) == (written, 1)
    assert protocols.read(RUNNING, 0, 5) == (main, 1)


def test_jobs_do_not_share_a_protocol(protocols: Protocols) -> None:
    write(protocols, *lines(1))
    for other in (
        replace(RUNNING, id="8"),
        replace(RUNNING, id="70"),
        replace(RUNNING, id="9", task="a/b"),
        replace(RUNNING, id="10", sesam_day=date(2026, 3, 2)),
    ):
        assert protocols.read(other, 0, 5) == ([], 0)
        protocols.open(other).close()
    assert protocols.read(RUNNING, 0, 5) == (lines(1), 1)


def test_a_closed_writer_writes_no_more(protocols: Protocols) -> None:
    writer = protocols.open(RUNNING)
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(lines(1)[0])
