"""The table of starts: where, what, when, how far it is, and why."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import tzinfo

from PySide6.QtCore import Qt

from sesam_master.core.states import OPEN_STATES, WORDS, JobState
from sesam_master.ui.formatting import moment_text, percent_text, time_text
from sesam_master.ui.start_backup.starts import Stage, Start
from sesam_master.ui.widgets.column import CellKind, Column


def start_columns(zone: tzinfo) -> tuple[Column[Start], ...]:
    """`zone` is that of the person at the desk."""
    when: Callable[[Start], str] = lambda start: when_text(start, zone)  # noqa: E731
    return (
        Column(
            "location",
            "Location",
            120,
            lambda start: start.location,
            CellKind.LOCATION,
            value=lambda start: start.connection,
            tooltip=lambda start: start.location,
            elide=Qt.TextElideMode.ElideMiddle,
            least=80,
        ),
        Column(
            "what",
            "Task",
            130,
            object_text,
            CellKind.STRONG,
            tooltip=object_text,
            least=80,
            most=220,
        ),
        Column("when", "Start", 218, when, tooltip=when, least=120, yields=1),
        Column(
            "outcome",
            "Outcome",
            130,
            outcome_text,
            CellKind.STATE,
            value=_sign,
            fits=("Accepted, queued", Stage.UNSURE.value),
        ),
        Column(
            "reason", "Reason", 250, reason_text, CellKind.MESSAGE, tooltip=reason_text, least=120
        ),
    )


def object_text(start: Start) -> str:
    """The task, or the group that is started whole."""
    what = start.object
    return what.task or f"group {what.group}"


def when_text(start: Start, zone: tzinfo) -> str:
    """Now, or the site's time, and mine where that is another."""
    if start.start_time is None:
        return "now"
    site, mine = moment_text(start.start_time, start.zone), moment_text(start.start_time, zone)
    if site == mine:
        return site
    if site.rpartition(" ")[0] == mine.rpartition(" ")[0]:
        mine = time_text(start.start_time, zone)
    return f"{site} there, {mine} here"


def outcome_text(start: Start) -> str:
    """How far it is; of several jobs how many have ended."""
    state = start.state
    if state is None:
        return start.stage.value
    if state is JobState.PLANNED:
        return "Accepted, planned"
    if not start.jobs:
        return WORDS[state]
    if len(start.jobs) > 1 and state in OPEN_STATES:
        ended = sum(not job.is_open for job in start.jobs)
        return f"{WORDS[state]}, {ended} of {len(start.jobs)} ended"
    job = start.jobs[0]
    if state is JobState.ACTIVE and job.progress and job.progress.fraction is not None:
        return f"{WORDS[state]} {percent_text(job.progress.fraction)}"
    return f"{Stage.ACCEPTED.value}, queued" if state is JobState.QUEUED else WORDS[state]


def reason_text(start: Start) -> str:
    """Why it is not started, or what its jobs say."""
    if start.state is JobState.UNKNOWN and not start.jobs:
        return "Nothing is known of it now. The calendar shows what becomes of it."
    messages = (f"{job.task}: {job.message}" for job in start.jobs if job.message)
    if len(start.jobs) == 1:
        messages = (job.message for job in start.jobs)
    return start.reason or " ".join(messages)


def summary_text(starts: Sequence[Start]) -> str:
    """How many there are of each outcome: 5 ok, 2 error, 1 cannot start."""
    words = Counter(
        (WORDS[start.state] if start.state else start.stage.value).lower() for start in starts
    )
    return ", ".join(f"{number} {word}" for word, number in words.items())


def _sign(start: Start) -> JobState | None:
    stages = {Stage.FAILED: JobState.ERROR, Stage.UNSURE: JobState.UNKNOWN}
    return start.state or stages.get(start.stage)
