"""What is said of logs. No widgets."""

from datetime import date

from sesam_master.core.logs import LogKey, LogKind
from sesam_master.core.records import Level
from sesam_master.ui.formatting import number_text
from sesam_master.ui.logs.presenter import LogsPresenter

DAYS = "Newest day, live"
OVER_ALL = "All days"
LEVELS = {
    Level.INFO: "All lines",
    Level.WARNING: "Warnings and errors",
    Level.ERROR: "Errors",
}
_KINDS = {
    LogKind.STATE: "State log",
    LogKind.DAY: "Day log",
    LogKind.ERROR: "Error log",
}
_PARTS = {
    "agent": "Agent",
    "sm_gui_server_requests": "Calls",
    "sm_init": "Media",
    "sm_qm_main": "Queue manager",
    "sm_sepul_event": "Scheduler",
}


def says(name: str) -> str:
    """What the page shows."""
    return f"What {name} has written down, in its own time"


def kind_words(key: LogKey) -> str:
    """A log, as it is chosen."""
    if key.kind is not LogKind.PART:
        return _KINDS.get(key.kind, key.kind.value)
    part = _PARTS.get(key.name)
    return f"{part} ({key.name})" if part is not None else key.name


def day_words(sesam_day: str) -> str:
    """A sesam day, as it is chosen."""
    return f"{date.fromisoformat(sesam_day):%a %d %b %Y}"


def empty_words(presenter: LogsPresenter) -> tuple[str, str]:
    """Why there are no lines, and what can be done."""
    if presenter.is_asking:
        return "The location is asked", "Its lines are shown as soon as they come."
    if presenter.as_of is None:
        return "Its logs are not known", "It was not reached yet."
    if presenter.place.darkness is not None:
        return "No such lines were known", "What came since then is not known: it is not reached."
    if presenter.problem:
        return "Its logs are not known", "They could not be read."
    query = presenter.query
    if query.text or query.least is not Level.INFO:
        return "No such lines", "Nothing in this log is of that text and level. Look for less."
    if query.key.kind is LogKind.ERROR:
        return "No errors", "Nothing in the day log is a warning or an error."
    return "No lines yet", "They are shown as soon as the location writes them."


def note_words(presenter: LogsPresenter, rows: int, *, is_following: bool) -> str:
    """How much is shown, and whether it goes on."""
    parts = [f"{number_text(rows)} {'line' if rows == 1 else 'lines'}"]
    if presenter.is_over_all:
        if presenter.has_more:
            parts.append(
                f"looked back to {day_words(presenter.searched)}" * bool(presenter.searched)
            )
            parts.append("scroll down for older ones")
        elif rows:
            parts.append("all days were looked at")
    else:
        if presenter.shown_day:
            parts.append(f"sesam day {day_words(presenter.shown_day)}")
        if presenter.has_more:
            parts.append("scroll up for older ones")
        if presenter.is_cut():
            parts.append("the oldest lines of this day are not kept any more")
        if presenter.place.darkness is None and presenter.is_following:
            parts.append("live" if is_following else "paused; new lines wait below")
    return ", ".join(filter(None, parts))


def file_name(presenter: LogsPresenter) -> str:
    """A name for the file of a log."""
    key = presenter.query.key
    name = f"{presenter.place.name}-{key.name or key.kind.value}-{presenter.shown_day}.log"
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
