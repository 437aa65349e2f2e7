"""The sesam day: from NEWDAY to NEWDAY, named by the date on which it began."""

from datetime import date, datetime, time, timedelta

NEWDAY = time(8, 0)


def sesam_day(local_time: datetime, newday: time = NEWDAY) -> date:
    """The sesam day of a moment: before NEWDAY it is still the day before.

    Args:
        local_time: wall clock time of the location.
    """
    day = local_time.date()
    return day if local_time.time() >= newday else day - timedelta(days=1)
