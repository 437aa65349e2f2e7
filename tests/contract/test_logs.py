"""What all logs do that are read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.log_reading import LogFilesOf
from server_agent.domain.logs import LogKey, LogKind
from server_agent.ports.logs import LogFiles, LogPiece
from tests.fakes.logs import MemoryLogs

DAY, NEXT = date(2026, 3, 4), date(2026, 3, 5)
STATE, DAY_LOG = LogKey(LogKind.STATE), LogKey(LogKind.DAY)
ERROR, QUEUE = LogKey(LogKind.ERROR), LogKey(LogKind.PART, "sm_qm_main")
MOST = 1 << 16


@dataclass
class Site:
    logs: LogFiles
    say: Callable[..., None]


@pytest.fixture(params=["memory", "files"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    if request.param == "memory":
        memory = MemoryLogs()
        return Site(memory, memory.say)
    prot, lgc = tmp_path / "prot", tmp_path / "lgc"
    prot.mkdir()
    lgc.mkdir()
    suffixes = {LogKind.STATE: ".status", LogKind.DAY: ".prt"}

    def say(key: LogKey, day: date, *lines: str) -> None:
        name = f"{day:%Y%m%d}"
        if key.kind is LogKind.PART:
            file = lgc / f"{key.name}_{name}.log"
        else:
            file = prot / f"{name}{suffixes[key.kind]}"
        with file.open("ab") as opened:
            opened.write("".join(f"{line}\n" for line in lines).encode())

    return Site(LogFilesOf(prot, lgc), say)


def texts(piece: LogPiece | None) -> list[str]:
    assert piece is not None
    return [text for _, text in piece.lines]


def test_what_is_there_is_listed(site: Site) -> None:
    assert site.logs.files() == []
    site.say(STATE, DAY, "0")
    site.say(DAY_LOG, DAY, "it", "ended")
    site.say(QUEUE, NEXT, "job")
    found = {(file.key, file.day): file.size_bytes for file in site.logs.files()}
    assert found == {(STATE, DAY): 2, (DAY_LOG, DAY): 9, (ERROR, DAY): 9, (QUEUE, NEXT): 4}
    newest = [site.logs.newest_day(key) for key in (STATE, ERROR, QUEUE)]
    assert newest == [DAY, DAY, NEXT]
    assert site.logs.newest_day(LogKey(LogKind.PART, "agent")) is None


def test_one_that_is_not_there_is_none(site: Site) -> None:
    site.say(STATE, DAY, "0")
    for key, day in ((STATE, NEXT), (QUEUE, DAY), (LogKey(LogKind.PART, "../x"), DAY)):
        assert site.logs.after(key, day, 0, MOST) is None
        assert site.logs.before(key, day, 0, MOST) is None


@pytest.mark.parametrize("most", [3, 10, 100])
def test_all_lines_are_read_both_ways_whatever_is_read_at_once(site: Site, most: int) -> None:
    every = [f"é{number:04}" for number in range(30)]
    site.say(QUEUE, DAY, *every)
    most = max(most, 7)  # the longest line
    forward: list[tuple[int, str]] = []
    at, at_end = 0, False
    while not at_end:
        piece = site.logs.after(QUEUE, DAY, at, most)
        assert piece is not None
        forward += piece.lines
        assert piece.end > at or piece.at_end
        at, at_end = piece.end, piece.at_end
    assert [text for _, text in forward] == every
    assert [position for position, _ in forward] == [7 * number for number in range(30)]
    backward: list[tuple[int, str]] = []
    at, at_begin = 0, False
    while not at_begin:
        piece = site.logs.before(QUEUE, DAY, at, most)
        assert piece is not None
        backward = [*piece.lines, *backward]
        at, at_begin = piece.begin, piece.at_begin
    assert backward == forward


def test_it_goes_on_where_it_ended(site: Site) -> None:
    site.say(DAY_LOG, DAY, "one")
    first = site.logs.after(ERROR, DAY, 0, MOST)
    assert first is not None
    assert (texts(first), first.at_end, first.at_begin) == (["one"], True, True)
    nothing = site.logs.after(ERROR, DAY, first.end, MOST)
    assert nothing is not None
    assert (nothing.lines, nothing.end, nothing.at_end) == ((), first.end, True)
    site.say(DAY_LOG, DAY, "two")
    assert texts(site.logs.after(ERROR, DAY, first.end, MOST)) == ["two"]


def test_a_line_longer_than_what_is_read_comes_in_parts(site: Site) -> None:
    site.say(QUEUE, DAY, "x" * 25, "end")
    found: list[str] = []
    at, at_end = 0, False
    while not at_end:
        piece = site.logs.after(QUEUE, DAY, at, 10)
        assert piece is not None
        found += texts(piece)
        at, at_end = piece.end, piece.at_end
    assert "".join(found) == "x" * 25 + "end"


# -- files only


@pytest.fixture
def files(tmp_path: Path) -> LogFilesOf:
    return LogFilesOf(tmp_path, tmp_path)


def test_a_line_that_is_being_written_is_not_there_yet(files: LogFilesOf, tmp_path: Path) -> None:
    log = tmp_path / "20260304.prt"
    log.write_bytes(b"one\ntw")
    for piece in (files.after(DAY_LOG, DAY, 0, MOST), files.before(DAY_LOG, DAY, 0, MOST)):
        assert piece is not None
        assert (texts(piece), piece.end, piece.at_end) == (["one"], 4, True)
    log.write_bytes(b"one\ntwo\n")
    assert texts(files.after(DAY_LOG, DAY, 4, MOST)) == ["two"]


def test_positions_stay_right_when_a_further_segment_is_begun(
    files: LogFilesOf, tmp_path: Path
) -> None:
    log = tmp_path / "sm_qm_main_20260304.log"
    log.write_bytes(b"one\ntwo\n")
    first = files.after(QUEUE, DAY, 0, 4)
    assert first is not None
    assert texts(first) == ["one"]
    log.rename(tmp_path / "sm_qm_main_20260304.log.1")
    log.write_bytes(b"three\n")
    second = files.after(QUEUE, DAY, first.end, MOST)
    assert second is not None
    assert (texts(second), second.at_end) == (["two"], False)
    third = files.after(QUEUE, DAY, second.end, MOST)
    assert third is not None
    assert (texts(third), third.at_end) == (["three"], True)
    back = files.before(QUEUE, DAY, third.begin, MOST)
    assert back is not None
    assert (texts(back), back.at_begin) == (["one", "two"], True)
    [log_file] = files.files()
    assert (log_file.size_bytes, log_file.is_cut) == (14, False)


def test_what_is_not_kept_any_more_is_passed_over(files: LogFilesOf, tmp_path: Path) -> None:
    (tmp_path / "sm_qm_main_20260304.log.2").write_bytes(b"kept\n")
    (tmp_path / "sm_qm_main_20260304.log").write_bytes(b"")
    piece = files.after(QUEUE, DAY, 0, MOST)
    assert piece is not None
    assert (texts(piece), piece.at_begin) == (["kept"], True)
    assert texts(files.before(QUEUE, DAY, 0, MOST)) == ["kept"]
    [log_file] = files.files()
    assert log_file.is_cut


def test_one_that_was_written_anew_has_another_mark(files: LogFilesOf, tmp_path: Path) -> None:
    log = tmp_path / "20260304.status"
    log.write_bytes(b"0\n")
    before = files.after(STATE, DAY, 0, MOST)
    (tmp_path / "new").write_bytes(b"0\n1\n")
    (tmp_path / "new").replace(log)
    after = files.after(STATE, DAY, 0, MOST)
    assert before is not None
    assert after is not None
    assert before.mark != after.mark


def test_what_is_no_log_is_not_listed(files: LogFilesOf, tmp_path: Path) -> None:
    for name in ("20261341.prt", "keeper.log", "x_20260304.log", "agent_20260304.log.x"):
        (tmp_path / name).touch()
    assert files.files() == []
    assert LogFilesOf(tmp_path / "gone", tmp_path / "gone").files() == []
