"""Listing, reading, searching and following logs."""

from datetime import date

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.errors import (
    InvalidArgument,
    LogNotFound,
    PageTokenInvalid,
    RoleRequired,
)
from server_agent.domain.jobs import Level
from server_agent.domain.logs import LogKey, LogKind, Wanted
from server_agent.service import logs as module
from server_agent.service.logs import Following, Logs
from tests.fakes.logs import MemoryLogs

FIRST, DAY, NEXT = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)
STATE, DAY_LOG = LogKey(LogKind.STATE), LogKey(LogKind.DAY)
ERROR, QUEUE = LogKey(LogKind.ERROR), LogKey(LogKind.PART, "sm_qm_main")
ALL = Wanted()
ADMIN, MONITOR = (Caller("x", role, None) for role in (Role.ADMIN, Role.MONITOR))


@pytest.fixture
def files() -> MemoryLogs:
    return MemoryLogs()


@pytest.fixture
def logs(files: MemoryLogs) -> Logs:
    return Logs(files)


def day_line(level: str, text: str) -> str:
    return f"2026-03-04 13:00:00+01:00\t{level}\t{text}"


def test_listed_newest_first_page_by_page(logs: Logs, files: MemoryLogs) -> None:
    for day in (FIRST, NEXT, DAY):
        for key in (STATE, DAY_LOG, QUEUE):
            files.say(key, day, "x")
    found: list[tuple[date, LogKey]] = []
    token: str | None = None
    while True:
        page = logs.list(ADMIN, None, token, 5)
        found += [(file.day, file.key) for file in page.items]
        token = page.next_position
        if token is None:
            break
    each = [STATE, DAY_LOG, ERROR, QUEUE]
    assert found == [(day, key) for day in (NEXT, DAY, FIRST) for key in each]
    assert [file.key for file in logs.list(ADMIN, LogKind.PART, None, 9).items] == [QUEUE] * 3
    assert {file.key for file in logs.list(MONITOR, None, None, 99).items} == set(each[:3])
    with pytest.raises(PageTokenInvalid):
        logs.list(ADMIN, None, "x", 5)


def test_the_logs_of_parts_are_not_for_everybody(logs: Logs) -> None:
    for role in Role:
        caller = Caller("x", role, None)
        logs.check(caller, ERROR)
        if role in (Role.ADMIN, Role.OPERATOR):
            logs.check(caller, QUEUE)
        else:
            with pytest.raises(RoleRequired):
                logs.check(caller, QUEUE)
    with pytest.raises(InvalidArgument, match="sm_qm_main"):
        logs.check(ADMIN, LogKey(LogKind.PART, "../secret"))


def test_pages_both_ways_meet(logs: Logs, files: MemoryLogs) -> None:
    every = [f"line {number}" for number in range(25)]
    files.say(QUEUE, DAY, *every)
    page = logs.read(QUEUE, DAY, 0, ALL, 10, backward=True)
    assert [line.text for line in page.lines] == every[15:]
    assert (page.at_begin, page.at_end) == (False, True)
    page = logs.read(QUEUE, DAY, page.begin, ALL, 10, backward=True)
    assert [line.text for line in page.lines] == every[5:15]
    page = logs.read(QUEUE, DAY, page.begin, ALL, 10, backward=True)
    assert [line.text for line in page.lines] == every[:5]
    assert page.at_begin
    page = logs.read(QUEUE, DAY, 0, ALL, 10, backward=False)
    assert ([line.text for line in page.lines], page.at_end) == (every[:10], False)
    page = logs.read(QUEUE, DAY, page.end, ALL, 99, backward=False)
    assert ([line.text for line in page.lines], page.at_end) == (every[10:], True)
    with pytest.raises(LogNotFound):
        logs.read(QUEUE, NEXT, 0, ALL, 10, backward=False)


def test_the_error_log_is_what_is_wrong_in_the_day_log(logs: Logs, files: MemoryLogs) -> None:
    lines = [day_line(level, level) for level in ("INFO", "WARNING", "ERROR", "INFO")]
    files.say(DAY_LOG, DAY, *lines)
    for backward in (True, False):
        page = logs.read(ERROR, DAY, 0, ALL, 10, backward=backward)
        assert [line.level for line in page.lines] == [Level.WARNING, Level.ERROR]
    page = logs.read(ERROR, DAY, 0, Wanted(least=Level.ERROR), 10, backward=False)
    assert [line.level for line in page.lines] == [Level.ERROR]


@pytest.mark.parametrize("backward", [True, False])
def test_one_call_looks_at_a_part_only(
    logs: Logs, files: MemoryLogs, monkeypatch: pytest.MonkeyPatch, backward: bool
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    monkeypatch.setattr(module, "SCANNED_BYTES", 1000)
    files.say(QUEUE, DAY, *["needle", *["hay"] * 2000, "needle"])
    found, position, calls = 0, 0, 0
    while True:
        page = logs.read(QUEUE, DAY, position, Wanted("NEEDLE"), 10, backward=backward)
        calls += 1
        found += len(page.lines)
        assert page.end - page.begin <= 1100
        position = page.begin if backward else page.end
        if page.at_begin if backward else page.at_end:
            break
    assert (found, calls > 5) == (2, True)


def test_an_answer_has_a_size_that_can_be_sent(logs: Logs, files: MemoryLogs) -> None:
    files.say(QUEUE, DAY, *["x" * 20_000] * 500)
    for backward in (True, False):
        page = logs.read(QUEUE, DAY, 0, ALL, 1000, backward=backward)
        size = sum(len(line.text) for line in page.lines)
        assert module.ANSWER_BYTES - 20_000 < size < module.ANSWER_BYTES + 20_000
        assert not (page.at_begin if backward else page.at_end)
        assert {line.text for line in page.lines} == {"x" * module.LONGEST_LINE + "…"}


def test_a_search_goes_back_over_days(logs: Logs, files: MemoryLogs) -> None:
    for day in (FIRST, DAY, NEXT):
        files.say(QUEUE, day, *[f"job {number} {day}" for number in range(5)], "other")
    found: list[str] = []
    token: str | None = None
    while True:
        page = logs.search(QUEUE, (None, None), Wanted("JOB"), token, 4)
        found += [line.text for _, line in page.lines]
        assert all(str(day) in line.text for day, line in page.lines)
        token = page.position
        if token is None:
            break
    days = (NEXT, DAY, FIRST)
    assert found == [f"job {number} {day}" for day in days for number in (4, 3, 2, 1, 0)]
    some = logs.search(QUEUE, (DAY, DAY), Wanted("job 2"), None, 99)
    assert ([day for day, _ in some.lines], some.searched) == ([DAY], DAY)
    assert logs.search(STATE, (None, None), ALL, None, 9) == module.Found((), None, None)
    for bad in ("x", "2026-03-04/x", "2026-03-04/-1"):
        with pytest.raises(PageTokenInvalid):
            logs.search(QUEUE, (None, None), ALL, bad, 9)


def texts(taken: module.Taken) -> list[str]:
    return [line.text for line in taken.lines]


def test_following_begins_with_the_last_lines_and_goes_on(logs: Logs, files: MemoryLogs) -> None:
    following = Following(logs, QUEUE, ALL, 2)
    assert following.take() == module.Taken(None, (), 0)
    files.say(QUEUE, DAY, "one", "two", "three")
    assert texts(following.take()) == ["two", "three"]
    assert texts(following.take()) == []
    files.say(QUEUE, DAY, "four")
    taken = following.take()
    assert (texts(taken), taken.day, taken.is_anew) == (["four"], DAY, False)
    again = Following(logs, QUEUE, ALL, 0, (DAY, taken.end))
    files.say(QUEUE, DAY, "five")
    assert texts(again.take()) == ["five"]
    assert texts(Following(logs, QUEUE, ALL, 1, (FIRST, 3)).take()) == ["five"]


def test_following_goes_over_to_the_next_day(logs: Logs, files: MemoryLogs) -> None:
    files.say(QUEUE, DAY, "one")
    following = Following(logs, QUEUE, ALL, 9)
    following.take()
    files.say(QUEUE, DAY, "late")
    files.say(QUEUE, NEXT, "first", "second")
    last, new = following.take(), following.take()
    assert (last.day, texts(last), last.more) == (DAY, ["late"], True)
    assert (new.day, texts(new), new.is_anew) == (NEXT, ["first", "second"], False)
    files.say(QUEUE, NEXT, "third")
    assert texts(following.take()) == ["third"]


def test_a_log_that_is_written_anew(logs: Logs, files: MemoryLogs) -> None:
    files.say(STATE, DAY, "head", "0 a")
    following = Following(logs, STATE, ALL, 9)
    following.take()
    files.marks[STATE, DAY] = 1  # the same, as when NEWDAY closes it
    files.say(STATE, DAY, "0 b")
    taken = following.take()
    assert (texts(taken), taken.is_anew) == (["0 b"], False)
    files.marks[STATE, DAY] = 2
    files.texts[STATE, DAY] = b"head\n0 x\n0 y\n0 z\n"
    taken = following.take()
    assert (texts(taken), taken.is_anew) == (["head", "0 x", "0 y", "0 z"], True)
    assert texts(following.take()) == []


def test_following_with_a_filter(logs: Logs, files: MemoryLogs) -> None:
    files.say(DAY_LOG, DAY, day_line("INFO", "a"), day_line("ERROR", "b"))
    following = Following(logs, ERROR, Wanted("b"), 5)
    assert [line.level for line in following.take().lines] == [Level.ERROR]
    files.say(DAY_LOG, DAY, day_line("ERROR", "c"), day_line("INFO", "b"))
    assert texts(following.take()) == []
    files.say(DAY_LOG, DAY, day_line("WARNING", "b"))
    assert len(following.take().lines) == 1
