"""What a line of a log says."""

from datetime import UTC, datetime

import pytest

from server_agent.domain.jobs import Level
from server_agent.domain.logs import LogKind, LogLine, Wanted, parsed, part_log

MOMENT = datetime(2026, 3, 4, 12, tzinfo=UTC)
ROW = "\t2026-03-04 12:59:00+01:00\t2026-03-04 13:00:00+01:00\tbackup\tdocs"


@pytest.mark.parametrize(
    ("code", "level"),
    [
        *(("0", Level.INFO), ("1", Level.WARNING), ("X", Level.ERROR), ("3", Level.ERROR)),
        *(("c", Level.WARNING), ("a", Level.INFO), ("Z", Level.INFO)),
    ],
)
def test_a_line_of_the_state_log(code: str, level: Level) -> None:
    assert parsed(LogKind.STATE, 7, code + ROW) == LogLine(7, MOMENT, level, code + ROW)


def test_one_of_a_job_that_never_began_has_no_time() -> None:
    assert parsed(LogKind.STATE, 0, "c\t\t\tbackup\tdocs").time is None
    assert parsed(LogKind.STATE, 0, "c\t\t\tbackup\tdocs").level is Level.WARNING


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-03-04 13:00:00+01:00\tERROR\tended backup docs", Level.ERROR),
        ("2026-03-04 13:00:00+01:00\tWARNING\tlate backup docs", Level.WARNING),
        ("2026-03-04 13:00:00+01:00\tended, of an older agent", Level.INFO),
        ("2026-03-04 13:00:00.000+01:00 WARNING server_agent.app: x", Level.WARNING),
        ("2026-03-04 13:00:00.000+01:00 CRITICAL server_agent.app: x", Level.ERROR),
    ],
)
def test_other_lines(text: str, level: Level) -> None:
    assert parsed(LogKind.PART, 3, text) == LogLine(3, MOMENT, level, text)


@pytest.mark.parametrize("text", ["", "state\tstart\tend", "9999-99-99 99:99:99+99:99\tERROR\tx"])
def test_what_is_no_line_of_a_log_is_shown_all_the_same(text: str) -> None:
    for kind in LogKind:
        line = parsed(kind, 0, text)
        assert (line.time, line.text) == (None, text)


def test_which_lines_are_wanted() -> None:
    line = parsed(LogKind.DAY, 0, "2026-03-04 13:00:00+01:00\tWARNING\tlate STRASSE")
    assert Wanted("straße").has(line)
    assert not Wanted("lane").has(line)
    assert Wanted(least=Level.WARNING).has(line)
    assert not Wanted(least=Level.ERROR).has(line)
    assert Wanted().of(LogKind.ERROR) == Wanted(least=Level.WARNING)
    assert Wanted(least=Level.ERROR).of(LogKind.ERROR) == Wanted(least=Level.ERROR)
    assert Wanted().of(LogKind.DAY) == Wanted()


@pytest.mark.parametrize(
    ("logger", "part"),
    [
        ("server_agent.service.scheduler", "sm_sepul_event"),
        ("server_agent.service.runner", "sm_qm_main"),
        ("server_agent.rpc.guard", "sm_gui_server_requests"),
        ("server_agent.adapters.loader.mtx", "sm_init"),
        ("server_agent.service.media", "sm_init"),
        ("server_agent.service.media_pools", "agent"),
        ("server_agent.rpcx", "agent"),
        ("root", "agent"),
    ],
)
def test_each_logger_has_its_part(logger: str, part: str) -> None:
    assert part_log(logger) == part
