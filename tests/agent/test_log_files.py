"""The agent's log."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server_agent.adapters.log_files import DAYS_KEPT, DailyLog, logging_to
from tests.fakes.clock import FakeClock

START = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)

pytestmark = pytest.mark.logs_warnings


def test_one_file_for_each_day_of_the_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FakeClock(START, "Europe/Berlin")
    log = logging.getLogger("server_agent.test")
    with logging_to(tmp_path, clock):
        log.info("before midnight")
        clock.advance(timedelta(hours=1))
        log.warning("after midnight")
    log.error("after the end")
    before, after = sorted(tmp_path.iterdir())
    assert (before.name, after.name) == ("agent_20260304.log", "agent_20260305.log")
    line = (
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0\d:00 INFO server_agent\.test: before midnight\n"
    )
    assert re.fullmatch(line, before.read_text())
    assert after.read_text().endswith("WARNING server_agent.test: after midnight\n")
    said = capsys.readouterr().err
    assert "after midnight" in said
    assert "before midnight" not in said


def test_a_sesam_day_is_one_file_over_midnight(tmp_path: Path) -> None:
    clock = FakeClock(START, "Europe/Berlin")
    log = logging.getLogger("server_agent.test")
    with logging_to(tmp_path, clock) as daily:
        daily.begin(date(2026, 3, 4))
        log.info("before midnight")
        clock.advance(timedelta(hours=3))
        log.info("after midnight")
        daily.begin(date(2026, 3, 5))
        log.info("after NEWDAY")
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert sorted(texts) == ["agent_20260304.log", "agent_20260305.log"]
    assert texts["agent_20260304.log"].count("midnight") == 2
    assert "after NEWDAY" in texts["agent_20260305.log"]


def test_old_days_are_forgotten(tmp_path: Path) -> None:
    clock = FakeClock(START)
    log = logging.getLogger("server_agent.test")
    for name in ("sms.log", "agent_20250101.log", "agent_20250101.log.1"):
        (tmp_path / name).touch()
    with logging_to(tmp_path, clock):
        for day in range(DAYS_KEPT + 5):
            log.info("day %d", day)
            clock.advance(timedelta(days=1))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) <= DAYS_KEPT + 2
    assert names[0] > "agent_20260304.log"
    assert "sms.log" in names


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is written to a file meanwhile fails."""
    with monkeypatch.context() as patch:
        patch.setattr(DailyLog, "_file", lambda _: Path("/dev/full"))
        yield


def test_a_log_that_cannot_be_written_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("server_agent.test")
    with logging_to(tmp_path, FakeClock(START)):
        log.info("before")
        with full_disk(monkeypatch):
            log.info("lost %s", "x" * 100_000)
            log.info("lost too")
            assert capsys.readouterr().err == (
                "The log /dev/full cannot be written: No space left on device. "
                "The agent goes on without it\n"
            )
        log.info("after")
        with full_disk(monkeypatch):
            log.info("lost again")
        assert capsys.readouterr().err.count("\n") == 1
        with full_disk(monkeypatch):
            log.info("the last")
    (file,) = tmp_path.iterdir()
    assert [line.rpartition(" ")[2] for line in file.read_text().splitlines()] == [
        "before",
        "after",
    ]


def test_a_log_that_somebody_removed_is_begun_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.getLogger("server_agent.test")
    lgc = tmp_path / "lgc"
    lgc.mkdir()
    with logging_to(lgc, FakeClock(START)):
        log.info("before")
        (file,) = lgc.iterdir()
        file.unlink()
        log.info("after")
        assert file.read_text().endswith(": after\n")
        file.unlink()
        lgc.rmdir()
        log.info("lost")
        assert "cannot be written: No such file or directory" in capsys.readouterr().err
        lgc.mkdir()
        log.info("found")
        assert file.read_text().endswith(": found\n")


def test_a_day_that_says_too_much_forgets_its_oldest_lines_and_says_so(tmp_path: Path) -> None:
    with logging_to(tmp_path, FakeClock(START), largest_file=1000):
        for number in range(100):
            logging.getLogger("server_agent.test").info("line %d", number)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    current, older = sorted(sizes)
    assert current == "agent_20260304.log"
    assert re.fullmatch(r"agent_20260304\.log\.\d+", older)
    assert max(sizes.values()) <= 1100  # a line more
    text = (tmp_path / current).read_text()
    assert "Older lines of this day are not kept" in text.splitlines()[0]
    assert "line 99" in text
    numbers = [
        int(each) for each in re.findall(r"line (\d+)", (tmp_path / older).read_text() + text)
    ]
    assert numbers == list(range(numbers[0], 100))


def test_each_part_has_a_log_of_its_own(tmp_path: Path) -> None:
    with logging_to(tmp_path, FakeClock(START)):
        for name in ("rpc.guard", "service.runner", "service.scheduler", "service.loading", "app"):
            logging.getLogger(f"server_agent.{name}").info("said")
        logging.getLogger("grpc").info("said")
    lines = {path.name: len(path.read_text().splitlines()) for path in tmp_path.iterdir()}
    assert lines == {
        "agent_20260304.log": 2,
        "sm_gui_server_requests_20260304.log": 1,
        "sm_init_20260304.log": 1,
        "sm_qm_main_20260304.log": 1,
        "sm_sepul_event_20260304.log": 1,
    }


def test_no_message_can_be_taken_for_another_record(tmp_path: Path) -> None:
    log = logging.getLogger("server_agent.test")
    with logging_to(tmp_path, FakeClock(START)):
        log.info(
            "one\n2026-01-01 00:00:00.000+00:00 ERROR server_agent.test: forged\x1b[2J\u2028end"
        )
        log.error("failed", exc_info=ValueError("why"))
    lines = (tmp_path / "agent_20260304.log").read_text().splitlines()
    begins = [line.split(" server_agent.test: ")[0].split(" ")[-1] for line in lines]
    assert begins[:3] == ["INFO"] * 3
    assert set(begins[3:]) == {"ERROR"}
    assert lines[-1].endswith(" ERROR server_agent.test: ValueError: why")
    assert "\x1b" not in "".join(lines)
