"""The column of the table of starts that says when each begins."""

from datetime import datetime, tzinfo

from sesam_master.core.acts import Act, Stage
from sesam_master.core.start import BackupOrder
from sesam_master.ui.formatting import moment_text, time_text
from sesam_master.ui.widgets.column import Column


def when_column(zone: tzinfo) -> Column[Act[BackupOrder]]:
    """`zone` is that of the person at the desk."""

    def when(act: Act[BackupOrder]) -> str:
        return when_text(act, zone)

    return Column("when", "Start", 218, when, tooltip=when, least=120, yields=1)


def when_text(act: Act[BackupOrder], zone: tzinfo) -> str:
    """Now, or the site's time, and mine where that is another."""
    start_time = _start_time(act)
    if start_time is None:
        return "now"
    site, mine = moment_text(start_time, act.zone), moment_text(start_time, zone)
    if site == mine:
        return site
    if site.rpartition(" ")[0] == mine.rpartition(" ")[0]:
        mine = time_text(start_time, zone)
    return f"{site} there, {mine} here"


def _start_time(act: Act[BackupOrder]) -> datetime | None:
    """A location that was asked too late has begun at once."""
    return act.planned_time if act.stage is Stage.ACCEPTED else act.item.start_time
