"""The plots of how a location has grown, in words and numbers. No Qt."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo

from sesam_master.core.components import DataStore
from sesam_master.core.history import GrowthDay, Period, StoreSample, by_weeks
from sesam_master.ui.components.words import forecast_words
from sesam_master.ui.formatting import (
    day_text,
    duration_text,
    far_moment_text,
    number_text,
    percent_text,
    rate_text,
    size_text,
)
from sesam_master.ui.plots.content import (
    Mark,
    PlotContent,
    Point,
    Shape,
    Trend,
    place_of,
    place_of_day,
)

NO_SAMPLES = "No sample yet: the first is taken when its agent starts, and at the next NEWDAY."
NO_CAPACITY = "How full it is cannot be told of this place; what its savesets take is shown."
NO_BACKUPS = "No backup ended well in these days: what they save is shown here, day by day."
_WEEK = 7
_FORECAST_SHARE = 0.5  # of the shown days, at most, are shown of the future


def store_content(
    store: DataStore,
    samples: Sequence[StoreSample],
    period: Period,
    now: datetime,
    zone: tzinfo,
    *,
    title: str = "",
) -> PlotContent:
    """How full a data store was and is to become; where its capacity is not known, what its
    savesets take. `samples` are its own, oldest first; how it was told `now` is the last one.
    Without a title it is the store's name."""
    title = title or store.name
    today = now.astimezone(zone).date()
    samples = [*samples, *_told(store, now, today)] if samples else samples
    known = [sample for sample in samples if sample.used_bytes is not None]
    first = place_of_day(period.first_day(today)) - 0.5
    last = today.toordinal() + 1.0
    if not known:
        points = _stored_points(samples, zone, today.year)
        summary = f"{NO_CAPACITY} {_shown(len(points), points, period)}"
        return PlotContent(title, summary, NO_SAMPLES, points, first, last, _size)
    points = tuple(
        Point(
            place_of(sample.time, zone),
            sample.used_bytes or 0,
            _used_words(sample, zone, today.year),
        )
        for sample in known
    )
    capacity = store.capacity_bytes or known[-1].capacity_bytes or 0
    level = capacity * store.high_water_mark / 100
    mark = Mark(level, f"mark {store.high_water_mark} %")
    trend = _trend(store, today, (last - first) * _FORECAST_SHARE)
    if trend is not None:
        last = max(last, trend.until)
    return PlotContent(
        *(
            title,
            _summary(store, known[-1].used_bytes or 0, capacity),
            NO_SAMPLES,
            points,
            first,
            last,
            _size,
        ),
        top=float(capacity),
        mark=mark,
        trend=trend,
    )


def _stored_points(samples: Sequence[StoreSample], zone: tzinfo, year: int) -> tuple[Point, ...]:
    return tuple(
        Point(place_of(each.time, zone), each.stored_bytes, _stored_words(each, zone, year))
        for each in samples
    )


def _summary(store: DataStore, used: int, capacity: int) -> str:
    share = f", {percent_text(used / capacity)}" if capacity else ""
    now = f"{size_text(used)} of {size_text(capacity)} in use{share}"
    parts = (part[:1].upper() + part[1:] for part in (now, forecast_words(store)) if part)
    return ". ".join(parts) + "."


def _told(store: DataStore, now: datetime, today: date) -> list[StoreSample]:
    """How full it is, as the location says now."""
    if store.capacity_bytes is None or store.free_bytes is None:
        return []
    space = store.capacity_bytes, store.free_bytes
    return [StoreSample(store.name, today, now, *space, store.stored_bytes)]


def growth_content(days: Sequence[GrowthDay], period: Period, today: date) -> PlotContent:
    """What is stored each sesam day, or each week of a long period."""
    shown = _grouped(days, period, today)
    points = tuple(
        Point(
            _place(day, period),
            day.stored_bytes,
            f"{_when(day.sesam_day, period, today)}: {size_text(day.stored_bytes)} of"
            f" {size_text(day.saved_bytes)} read, {_backups(day.backups)},"
            f" {number_text(day.files)} files",
        )
        for day in shown
    )
    stored, read = sum(day.stored_bytes for day in days), sum(day.saved_bytes for day in days)
    most = max(shown, key=lambda day: day.stored_bytes, default=None)
    summary = f"{size_text(stored)} stored of {size_text(read)} read in {period.words}"
    if most is not None:
        when = _when(most.sesam_day, period, today)
        at = f"in the {when[:1].lower()}{when[1:]}" if period.is_by_weeks else f"on {when}"
        summary = f"{summary}, at most {size_text(most.stored_bytes)} {at}."
    title = "Stored per week" if period.is_by_weeks else "Stored per sesam day"
    return _of_days(title, summary, points, period, today, _size)


def rate_content(days: Sequence[GrowthDay], period: Period, today: date) -> PlotContent:
    """How fast a backup read, each sesam day, or in each week of a long period."""
    known = [(day, day.rate) for day in _grouped(days, period, today)]
    points = tuple(
        Point(
            _place(day, period),
            rate,
            f"{_when(day.sesam_day, period, today)}: {rate_text(rate)},"
            f" {size_text(day.saved_bytes)} in"
            f" {duration_text(day.duration.total_seconds())} of {_backups(day.backups)}",
        )
        for day, rate in known
        if rate is not None
    )
    read = sum(day.saved_bytes for day in days)
    seconds = sum(day.duration.total_seconds() for day in days)
    mean = rate_text(read / seconds) if seconds else "unknown"
    summary = f"{mean} on average in {period.words}, for each backup that runs."
    return _of_days("Throughput of a backup", summary, points, period, today, rate_text)


def _grouped(days: Sequence[GrowthDay], period: Period, today: date) -> Sequence[GrowthDay]:
    return by_weeks(days, period.first_day(today)) if period.is_by_weeks else days


def _place(day: GrowthDay, period: Period) -> float:
    return place_of_day(day.sesam_day) + (_WEEK / 2 - 0.5 if period.is_by_weeks else 0.0)


def _when(day: date, period: Period, today: date) -> str:
    """Thu 19 Nov, Week of 16 Nov; of another year with that: 19 Nov 2025."""
    is_far = day.year != today.year
    words = day_text(day)
    if period.is_by_weeks or is_far:
        words = words.partition(" ")[2] + (f" {day.year}" if is_far else "")
    return f"Week of {words}" if period.is_by_weeks else words


def _of_days(
    title: str,
    summary: str,
    points: tuple[Point, ...],
    period: Period,
    today: date,
    words: Callable[[float], str],
) -> PlotContent:
    first, last = float(period.first_day(today).toordinal()), today.toordinal() + 1.0
    if period.is_by_weeks:
        last += _WEEK - 1 - today.weekday()  # the week that has begun, to its end
    return PlotContent(
        *(title, summary, NO_BACKUPS, points, first, last, words),
        shape=Shape.BARS,
        bar_days=_WEEK if period.is_by_weeks else 1,
    )


def _trend(store: DataStore, today: date, most_days: float) -> Trend | None:
    """From today to the day on which the mark is reached, or to the edge of the plot."""
    if store.trend_bytes is None or store.trend_per_day is None:
        return None
    start = place_of_day(today)
    days = most_days
    if store.full_day:
        days = min(days, (date.fromisoformat(store.full_day) - today).days)
    if days <= 0:
        return None
    then = store.trend_bytes + store.trend_per_day * days
    return Trend(start, store.trend_bytes, start + days, max(0.0, then))


def _used_words(sample: StoreSample, zone: tzinfo, year: int) -> str:
    used, capacity = sample.used_bytes or 0, sample.capacity_bytes or 0
    share = f", {percent_text(used / capacity)}" if capacity else ""
    when = far_moment_text(sample.time, zone, year)
    return (
        f"{when}: {size_text(used)} of {size_text(capacity)}{share},"
        f" savesets {size_text(sample.stored_bytes)}"
    )


def _stored_words(sample: StoreSample, zone: tzinfo, year: int) -> str:
    return f"{far_moment_text(sample.time, zone, year)}: savesets {size_text(sample.stored_bytes)}"


def _shown(count: int, points: Sequence[Point], period: Period) -> str:
    last = f"now {_size(points[-1].value)}" if points else ""
    return f"{number_text(count)} samples in {period.words}, {last}." if count else ""


def _backups(count: int) -> str:
    return "1 backup" if count == 1 else f"{number_text(count)} backups"


def _size(value: float) -> str:
    return size_text(round(value))
