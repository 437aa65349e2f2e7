"""Schedules as files of other calendars, and the dates that such files name."""

import contextlib
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from server_agent.adapters.calendar_files import IcalendarFiles
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.schedule import Schedule, checked_schedule, starts

BERLIN = ZoneInfo("Europe/Berlin")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, LAST = date(2026, 1, 1), date(2029, 12, 31)
RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    "FREQ=WEEKLY",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO",
)
files = IcalendarFiles()


def dates_of(schedule: Schedule) -> list[date]:
    first = datetime.combine(FIRST, time(), BERLIN)
    end = datetime.combine(LAST + timedelta(days=1), time(), BERLIN)
    return [moment.astimezone(BERLIN).date() for moment in starts(schedule, BERLIN, first, end)]


def event_file(*lines: str) -> bytes:
    return "\r\n".join(("BEGIN:VCALENDAR", *lines, "END:VCALENDAR", "")).encode()


def read(*lines: str, first: date = FIRST, last: date = LAST) -> list[str]:
    return [day.isoformat() for day in files.read(event_file(*lines), BERLIN, first, last)]


def event(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VEVENT", *lines, "END:VEVENT")


@given(
    rule=st.sampled_from(RULES),
    start=st.dates(date(2025, 6, 1), date(2026, 12, 31)),
    end=st.none() | st.dates(date(2027, 1, 1), date(2030, 1, 1)),
    offset=st.integers(-31, 31),
    dates=st.lists(st.dates(FIRST, LAST), max_size=3),
    at=st.sampled_from([time(0), time(2, 30), time(12), time(23, 59, 59)]),
)
def test_what_is_written_is_read_again(
    rule: str, start: date, end: date | None, offset: int, dates: list[date], at: time
) -> None:
    can_shift = rule.startswith(("FREQ=MONTHLY", "FREQ=YEARLY"))
    schedule = checked_schedule(
        Schedule(
            "nightly",
            rule,
            at,
            start,
            SINCE,
            offset_days=offset if can_shift else 0,
            dates=tuple(dates),
            end_date=end,
            comment="a, b; c\\\n" * 9,
        )
    )
    content = files.write(schedule, BERLIN, "uid")
    # A day on which the clocks leap over midnight is none in Berlin.
    assert files.read(content, BERLIN, FIRST, LAST) == dates_of(schedule)


def test_a_list_of_dates_has_no_rule() -> None:
    days = (date(2026, 5, 1), date(2026, 12, 24), date(2031, 1, 1))
    schedule = Schedule("s", "", time(22), date(2026, 5, 2), SINCE, dates=days)
    content = files.write(schedule, BERLIN, "uid")
    assert b"RRULE" not in content
    assert files.read(content, BERLIN, FIRST, LAST) == [date(2026, 12, 24)]


def test_a_schedule_without_a_start_is_an_empty_calendar() -> None:
    schedule = Schedule("s", "", time(22), date(2027, 1, 1), SINCE, dates=(date(2026, 5, 1),))
    content = files.write(schedule, BERLIN, "uid")
    assert b"VEVENT" not in content
    assert files.read(content, BERLIN, FIRST, LAST) == []


def test_another_calendar_understands_the_file() -> None:
    schedule = Schedule(
        "nightly",
        "FREQ=WEEKLY;BYDAY=MO,FR",
        time(22),
        date(2026, 3, 3),
        SINCE,
        end_date=date(2026, 4, 10),
        comment="all of it",
    )
    calendar = Calendar.from_ical(files.write(schedule, BERLIN, "uid"))
    [found] = calendar.walk("VEVENT")
    assert (found["SUMMARY"], found["DESCRIPTION"], found["UID"]) == (
        "nightly",
        "all of it",
        "uid",
    )
    assert found.start == datetime(2026, 3, 6, 22, tzinfo=BERLIN)
    assert found["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert [zone.tz_name for zone in calendar.timezones] == ["Europe/Berlin"]
    rule = rrulestr(found["RRULE"].to_ical().decode(), dtstart=found.start)
    expected = [
        moment.astimezone(BERLIN)
        for moment in starts(schedule, BERLIN, SINCE, SINCE + timedelta(days=400))
    ]
    assert list(rule) == expected
    assert len(expected) == 11


def test_an_interval_is_written_with_its_last_day() -> None:
    schedule = Schedule(
        "s",
        "FREQ=MINUTELY;INTERVAL=15",
        time(8),
        date(2026, 3, 3),
        SINCE,
        until_time=time(18),
        end_date=date(2026, 4, 10),
    )
    text = files.write(schedule, BERLIN, "uid").decode()
    assert "RRULE:FREQ=MINUTELY;UNTIL=20260410T215959Z;INTERVAL=15" in text
    assert "X-SESAM-UNTIL-TIME:18:00:00" in text


def test_days_are_those_of_the_servers_zone() -> None:
    found = read(
        *event(
            "UID:1",
            "DTSTART;TZID=America/New_York:20260101T220000",
            "RRULE:FREQ=WEEKLY;BYDAY=TH;WKST=SU;COUNT=4",
            "EXDATE;TZID=America/New_York:20260108T220000",
            "RDATE;TZID=America/New_York:20260301T120000,20260302T120000",
        ),
        *event(
            "UID:1",
            "RECURRENCE-ID;TZID=America/New_York:20260115T220000",
            "DTSTART;TZID=America/New_York:20260117T100000",
        ),
    )
    assert found == ["2026-01-02", "2026-01-17", "2026-01-23", "2026-03-01", "2026-03-02"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("DTSTART;VALUE=DATE:20260601",), ["2026-06-01"]),
        (("DTSTART:20260801T233000Z",), ["2026-08-02"]),
        (("DTSTART:20260801T233000",), ["2026-08-01"]),
        (("DTSTART;VALUE=DATE:20250101",), []),
        (("DTSTART;VALUE=DATE:20260101", "STATUS:CANCELLED"), []),
        (
            (
                "DTSTART;VALUE=DATE:20260601",
                "RRULE:FREQ=DAILY;UNTIL=20260603",
                "EXDATE;VALUE=DATE:20260602",
            ),
            ["2026-06-01", "2026-06-03"],
        ),
        (
            ("DTSTART:20260601T230000Z", "RRULE:FREQ=DAILY;UNTIL=20260603T230000Z"),
            ["2026-06-02", "2026-06-03", "2026-06-04"],
        ),
        (
            ("DTSTART:20260101T000000Z", "RDATE;VALUE=PERIOD:20260301T120000Z/PT1H"),
            ["2026-01-01", "2026-03-01"],
        ),
    ],
)
def test_dates_of_an_event(lines: tuple[str, ...], found: list[str]) -> None:
    assert read(*event(*lines)) == found


def test_a_rule_without_end_ends_with_the_span() -> None:
    lines = event("DTSTART;VALUE=DATE:19800101", "RRULE:FREQ=DAILY")
    assert read(*lines, first=date(2026, 3, 1), last=date(2026, 3, 3)) == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no VCALENDAR"),
        (b"garbage", "garbage"),
        (b"\xff\xfe\x00", "iCalendar file"),
        (b"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\nEND:VEVENT\r\n", "no VCALENDAR"),
        (event_file(*event()), "without a usable DTSTART"),
        (event_file(*event("DTSTART:2026")), "iCalendar file"),
        (event_file(*event("DTSTART:00010101T000000")), "iCalendar file"),
        *(
            (event_file(*event("DTSTART;VALUE=DATE:20260101", f"RRULE:{rule}")), said)
            for rule, said in (
                ("FREQ=SECONDLY", "rules of days, weeks, months or years"),
                ("FREQ=HOURLY", "rules of days, weeks, months or years"),
                ("FREQ=DAILY;COUNT=-5", "COUNT=-5"),
                ("FREQ=DAILY;BYHOUR=1,2,3", "BYHOUR"),
                ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "there is no such day"),
                ("NONSENSE", "rules of days, weeks, months or years"),
            )
        ),
        (
            event_file(*event("DTSTART;VALUE=DATE:20260101", "X-SESAM-OFFSET-DAYS:400")),
            "from -31 to 31",
        ),
        (
            event_file(*event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY") * 501),
            "at most 20000 events, 500 of them with a rule",
        ),
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, said: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        files.read(content, BERLIN, FIRST, LAST)
    assert refused.value.metadata["field"] == "content"
    assert said in " ".join(refused.value.metadata.values())


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: event_file(*event(text))))
def test_garbage_is_refused_or_empty_and_never_worse(content: bytes) -> None:
    found: list[date] = []
    with contextlib.suppress(InvalidArgument):
        found = list(files.read(content, BERLIN, FIRST, LAST))
    assert found == []
