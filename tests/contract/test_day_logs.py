"""What every log of sesam days does."""

from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.day_log_files import DayLogFiles
from server_agent.ports.day_logs import DayLogs
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
    logs.close(DAY, ["0"], ["it ended"])
    assert (logs.is_closed(DAY), logs.is_closed(BEFORE)) == (True, False)
    logs.close(DAY, ["1"], [])
    assert logs.is_closed(DAY)


def test_older_days_are_forgotten(logs: DayLogs) -> None:
    for day in (BEFORE, DAY):
        logs.close(day, [], [])
    logs.forget(DAY)
    assert (logs.is_closed(BEFORE), logs.is_closed(DAY)) == (False, True)


def test_the_files_hold_the_newest_lines(tmp_path: Path) -> None:
    logs = DayLogFiles(tmp_path, lambda _day: None)
    logs.close(DAY, ["old"] * 100, [])
    logs.close(DAY, ["state\tname", "0\tB\u00fcro\n2\udcff"], ["it ended"])
    assert (tmp_path / "20260304.status").read_bytes() == (
        "state\tname\n0\tB\u00fcro 2\\udcff\n".encode()
    )
    assert (tmp_path / "20260304.prt").read_text() == "it ended\n"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_one_that_cannot_be_written_leaves_what_was(tmp_path: Path) -> None:
    logs = DayLogFiles(tmp_path, lambda _day: None)
    logs.close(DAY, ["0"], ["it ended"])

    def lines() -> list[str]:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        logs.close(DAY, (line for _ in range(1) for line in lines()), ["another"])
    assert (tmp_path / "20260304.status").read_text() == "0\n"


def test_what_is_no_log_of_a_day_stays(tmp_path: Path) -> None:
    (tmp_path / "20200101.txt").touch()
    (tmp_path / "20200101.prt.new").touch()
    DayLogFiles(tmp_path, lambda _day: None).forget(DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["20200101.txt"]
