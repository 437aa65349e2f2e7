"""Numbers, times and ages as people read them. Pure text, no Qt."""

from datetime import date, datetime, tzinfo

MISSING = "–"
UNKNOWN = "?"
BAD_CLOCK = "clock?"
UNIT_SPACE = "\N{NO-BREAK SPACE}"
GROUP_SPACE = "\N{NARROW NO-BREAK SPACE}"

_SIZE_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_COUNT_UNITS = ("", "k", "M", "G", "T")
_LARGE_UNITS_FROM = 2
_FULL_COUNT_BELOW = 10_000
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AGE_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def size_text(size_bytes: int | None, point: str = ".") -> str:
    """Bytes in powers of 1000 with at most three digits: 612 GB, 46.2 GB, 418 KB.

    Decimals begin with GB's smaller neighbour MB; bytes and KB have none. `point` is the decimal
    sign of the language.
    """
    if size_bytes is None:
        return MISSING
    return _scaled(float(size_bytes), _SIZE_UNITS, _LARGE_UNITS_FROM, point)


def rate_text(bytes_per_second: float | None, point: str = ".") -> str:
    """Bytes per second: 81 MB/s, 1.2 GB/s. Decimals only from GB on."""
    if bytes_per_second is None:
        return MISSING
    return _scaled(bytes_per_second, _SIZE_UNITS, _LARGE_UNITS_FROM + 1, point) + "/s"


def number_text(number: int | None) -> str:
    """A whole number in full, grouped by thousands: 41 207."""
    if number is None:
        return MISSING
    return f"{number:,}".replace(",", GROUP_SPACE)


def count_text(count: int | None, point: str = ".") -> str:
    """A count under 10 000 in full, above shortened: 9 999, 41.2 k, 4.2 M."""
    if count is None:
        return MISSING
    if abs(count) < _FULL_COUNT_BELOW:
        return number_text(count)
    return _scaled(float(count), _COUNT_UNITS, 1, point)


def percent_text(fraction: float | None) -> str:
    """A share of 1 in whole percent, rounded down so that only all is 100 %."""
    if fraction is None:
        return MISSING
    return f"{int(fraction * 100 + 1e-9)}{UNIT_SPACE}%"


def duration_text(seconds: float | None) -> str:
    """A duration as h:mm:ss, or m:ss under an hour."""
    if seconds is None:
        return MISSING
    if seconds < 0:
        return BAD_CLOCK
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def age_text(seconds: float | None) -> str:
    """An age or a rest in one unit, rounded down: 2 s, 14 min, 7 h, 12 d.

    A negative age means that two clocks disagree and is said so.
    """
    if seconds is None:
        return MISSING
    if seconds < 0:
        return BAD_CLOCK
    for length, unit in _AGE_UNITS:
        if seconds >= length:
            return f"{int(seconds // length)}{UNIT_SPACE}{unit}"
    return f"0{UNIT_SPACE}s"


def age_between(then: datetime | None, now: datetime) -> str:
    """The age at `now` of something that was at `then`."""
    return age_text(None if then is None else (now - then).total_seconds())


def day_text(day: date | None) -> str:
    """A sesam day or another day without a zone: Sun 22 Nov. It is a label, never converted."""
    if day is None:
        return MISSING
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def time_text(moment: datetime | None, zone: tzinfo, with_seconds: bool = False) -> str:
    """Clock time of an instant in `zone`: 23:31, or 23:31:04."""
    if moment is None:
        return MISSING
    local = moment.astimezone(zone)
    return f"{local:%H:%M:%S}" if with_seconds else f"{local:%H:%M}"


def moment_text(moment: datetime | None, zone: tzinfo) -> str:
    """Day and clock time of an instant in `zone`: Sun 22 Nov 23:31."""
    if moment is None:
        return MISSING
    return f"{day_text(moment.astimezone(zone).date())} {time_text(moment, zone)}"


def far_moment_text(moment: datetime | None, zone: tzinfo, year: int) -> str:
    """As `moment_text`, of another year with that in place of the weekday: 29 Feb 2028 03:00."""
    local = moment.astimezone(zone) if moment is not None else None
    if local is None or local.year == year:
        return moment_text(moment, zone)
    day = day_text(local.date()).partition(" ")[2]
    return f"{day} {local.year} {time_text(moment, zone)}"


def full_moment_text(moment: datetime | None, zone: tzinfo) -> str:
    """An instant with year, seconds and zone, for tooltips: Sun 22 Nov 2026 23:31:04 CET."""
    if moment is None:
        return MISSING
    local = moment.astimezone(zone)
    return f"{day_text(local.date())} {local.year} {local:%H:%M:%S} {local:%Z}"


def _scaled(value: float, units: tuple[str, ...], decimals_from: int, point: str) -> str:
    step = 0
    # 999.5 would be shown as 1000, which belongs to the next unit.
    while abs(value) >= 999.5 and step < len(units) - 1:
        value /= 1000
        step += 1
    decimals = 1 if step >= decimals_from and abs(value) < 99.95 else 0
    number = f"{value:.{decimals}f}".replace(".", point)
    return f"{number}{UNIT_SPACE}{units[step]}".rstrip(UNIT_SPACE)
