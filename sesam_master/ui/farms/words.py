"""What is set on farms and locations, in words."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from sesam_master.core.farm_transfer import Aspect, Difference
from sesam_master.core.farms import ROOT_NAME, Colour
from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.ui.formatting import moment_text

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_FARM = "no farm"


def window_words(window: MaintenanceWindow, zone: str = "") -> str:
    """When it is, with its time zone if that is not the desk's."""
    where = f" ({window.zone})" if window.zone != zone else ""
    if not window.days:
        is_same = window.start.date() == window.end.date()
        end = f"{window.end:%H:%M}" if is_same else f"{window.end:%a %d %b %Y %H:%M}"
        return f"{window.start:%a %d %b %Y %H:%M} to {end}{where}"
    days = ", ".join(DAYS[day] for day in sorted(window.days))
    days = "day" if len(window.days) == len(DAYS) else days
    later = (window.end.date() - window.start.date()).days
    end = f"{window.end:%H:%M}" + (f" {later} d later" if later > 1 else "")
    until = f", until {window.until:%d %b %Y}" if window.until else ""
    return f"Every {days} {window.start:%H:%M} to {end}{until}{where}"


def standing_words(window: MaintenanceWindow, now: datetime, zone: tzinfo) -> str:
    """How it stands now: open, over, or when it begins."""
    end = window.end_at(now)
    if end is not None:
        return f"open until {moment_text(end, zone)}"
    begins = window.next_start(now)
    return f"begins {moment_text(begins, zone)}" if begins is not None else "over"


def inherited_words(by: str | None, what: str) -> str:
    """Empty where nothing above says it."""
    if not by:
        return ""
    return f"{what} by {by if by == ROOT_NAME else f'the farm {by}'}"


def change_words(one: Difference) -> str:
    """What an import does to one thing."""
    if one.aspect is Aspect.EXISTS:
        if one.here is None:
            where = f" in {one.there}" if not one.is_farm and one.there else ""
            return f"new{where}"
        return "removed" if one.there is None else ""
    if one.aspect is Aspect.FARM:
        return f"moves from {one.here or NO_FARM} to {one.there or NO_FARM}"
    if one.aspect is Aspect.NAME:
        return f"{one.here} becomes {one.there}"
    return f"{one.aspect.value.capitalize()}: {value_words(one.here)} becomes " + value_words(
        one.there
    )


def conflict_words(one: Difference) -> str:
    """What both say differently."""
    if one.aspect in (Aspect.FARM, Aspect.EXISTS):
        return f"lies in {one.here or NO_FARM} here, in {one.there or NO_FARM} in the file"
    return (
        f"{one.aspect.value.capitalize()}: {value_words(one.here)} here, "
        f"{value_words(one.there)} in the file"
    )


def value_words(value: Any) -> str:
    """A value of a farm or location."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Colour):
        return value.value
    if isinstance(value, tuple):
        parts = (window_words(v, v.zone) if isinstance(v, MaintenanceWindow) else v for v in value)
        return ", ".join(parts) or "none"
    return f"“{value}”" if value else "none"


def desk_zone(now: datetime) -> tzinfo:
    """The time zone of the desk."""
    return now.astimezone().tzinfo or UTC
