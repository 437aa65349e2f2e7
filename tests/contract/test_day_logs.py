"""What every log of sesam days does."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.day_log_files import DayLogFiles
from server_agent.ports.day_logs import DayLogError, DayLogs
from tests.fakes.day_logs import MemoryDayLogs

DAY, BEFORE = date(2026, 3, 4), date(2026, 3, 3)


@pytest.fixture(params=["memory", "files"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> DayLogs:
    return (
        MemoryDayLogs() if request.param == "memory" else DayLogFiles(tmp_path, lambda _day: None)
    )


def test_who_writes_the_log_is_told_that_a_day_begins(tmp_path: Path) -> None:
    told: list[date] = []
    DayLogFiles(tmp_path, told.append).begin(DAY)
    assert told == [DAY]


def test_a_day_is_closed_once_it_was(logs: DayLogs) -> None:
    assert not logs.is_closed(DAY)
    logs.close(DAY, ["0"], ["it ended"], for_good=True)
    assert (logs.is_closed(DAY), logs.is_closed(BEFORE)) == (True, False)
    logs.close(DAY, ["1"], [], for_good=True)
    assert logs.is_closed(DAY)


def test_a_day_of_which_something_is_open_is_not_closed(logs: DayLogs) -> None:
    logs.close(DAY, ["a"], [], for_good=False)
    assert not logs.is_closed(DAY)
    logs.close(DAY, ["0"], [], for_good=True)
    assert logs.is_closed(DAY)
    logs.close(DAY, ["a"], [], for_good=False)
    assert not logs.is_closed(DAY)


def test_a_day_that_is_carried_on_is_not_closed(logs: DayLogs) -> None:
    logs.carry_on(DAY, ["state"], [])
    assert not logs.is_closed(DAY)
    logs.close(DAY, ["state", "0"], ["it ended"], for_good=True)
    logs.carry_on(DAY, ["state"], [])
    assert logs.is_closed(DAY)


def test_what_is_carried_on_stays_where_it_is(tmp_path: Path) -> None:
    logs = DayLogFiles(tmp_path, lambda _day: None)
    states, happened = tmp_path / "20260304.status", tmp_path / "20260304.prt"
    logs.carry_on(DAY, ["state"], ["a"])
    before = states.stat().st_ino, happened.stat().st_ino
    logs.carry_on(DAY, ["state", "0\n1"], ["a", "b"])
    assert (states.read_text(), happened.read_text()) == ("state\n0 1\n", "a\nb\n")
    assert (states.stat().st_ino, happened.stat().st_ino) == before
    logs.carry_on(DAY, ["state", "0\n1"], ["a", "other", "b"])
    assert happened.read_text() == "a\nother\nb\n"
    assert states.stat().st_ino == before[0]
    with happened.open("a") as file:
        file.write("torn")
    logs.carry_on(DAY, ["state", "0\n1"], ["a", "other", "b", "c"])
    assert happened.read_text() == "a\nother\nb\nc\n"
    logs.close(DAY, ["state", "2"], [], for_good=True)
    logs.carry_on(DAY, ["state", "3"], ["a"])
    assert (states.read_text(), happened.read_text()) == ("state\n2\n", "")


def test_older_days_are_forgotten(logs: DayLogs) -> None:
    for day in (BEFORE, DAY):
        logs.close(day, [], [], for_good=True)
    logs.forget(DAY)
    assert (logs.is_closed(BEFORE), logs.is_closed(DAY)) == (False, True)


def test_the_files_hold_the_newest_lines(tmp_path: Path) -> None:
    logs = DayLogFiles(tmp_path, lambda _day: None)
    logs.close(DAY, ["old"] * 100, [], for_good=False)
    logs.close(DAY, ["state\tname", "0\tB\u00fcro\n2\udcff"], ["it ended"], for_good=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20260304.prt", "20260304.status"]
    assert (tmp_path / "20260304.status").read_bytes() == (
        "state\tname\n0\tB\u00fcro 2\\udcff\n".encode()
    )
    assert (tmp_path / "20260304.prt").read_text() == "it ended\n"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("for_good", [True, False])
def test_the_files_are_on_their_disk_before_the_day_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_good: bool
) -> None:
    logs = DayLogFiles(tmp_path, lambda _day: None)
    logs.close(DAY, [], [], for_good=False)
    synced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        synced.append((Path(os.readlink(f"/proc/self/fd/{fd}")).suffix, logs.is_closed(DAY)))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    logs.close(DAY, [], [], for_good=for_good)
    mark = [] if for_good else [("", False)]
    assert synced == [*mark, (".new", False), (".new", False), ("", False)]


def test_one_that_cannot_be_written_leaves_what_was(tmp_path: Path) -> None:
    logs = DayLogFiles(tmp_path, lambda _day: None)
    logs.close(DAY, ["0"], ["it ended"], for_good=True)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}

    def lines() -> Iterator[str]:
        yield "half"
        raise OSError(28, "No space left on device")

    said = "20260304.prt cannot be written: No space left on device"
    with pytest.raises(DayLogError, match=said):
        logs.close(DAY, ["1"], lines(), for_good=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_directory_that_has_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "prot"
    logs = DayLogFiles(gone, lambda _day: None)
    for for_good in (True, False):
        with pytest.raises(DayLogError, match=f"{gone}.* cannot be written: No such file"):
            logs.close(DAY, [], [], for_good=for_good)
    with pytest.raises(DayLogError, match=f"{gone} cannot be cleared of old days: No such file"):
        logs.forget(DAY)


def test_what_is_no_log_of_a_day_stays(tmp_path: Path) -> None:
    (tmp_path / "20200101.txt").touch()
    for suffix in ("prt.new", "open", "prt"):
        (tmp_path / f"20200101.{suffix}").touch()
    DayLogFiles(tmp_path, lambda _day: None).forget(DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["20200101.txt"]
