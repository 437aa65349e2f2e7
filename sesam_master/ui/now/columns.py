"""The columns of the two tables: what runs, and what waits."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from PySide6.QtCore import Qt

from sesam_master.core.now import OpenJob
from sesam_master.core.records import Job
from sesam_master.core.states import WORDS
from sesam_master.core.wanted_media import WANTS_MEDIUM
from sesam_master.ui.formatting import MISSING, full_moment_text, number_text
from sesam_master.ui.now import words
from sesam_master.ui.widgets.column import Align, CellKind, Column

Clock = Callable[[], datetime]


def running_columns(now: Clock, zone: tzinfo) -> tuple[Column[OpenJob], ...]:
    """Their texts are what a screen reader and the clipboard get; RunningDelegate paints them."""
    return (*_about_job(now), *_about_progress(now, zone), *_about_time(now, zone))


def queue_columns(
    now: Clock, zone: tzinfo, jobs_at: Callable[[str], Mapping[str, Job]]
) -> tuple[Column[OpenJob], ...]:
    """`jobs_at` gives the known jobs of a location by id."""
    return (*_about_waiting_job(now), *_about_queue(now, zone, jobs_at))


def _about_job(now: Clock) -> tuple[Column[OpenJob], ...]:
    return (
        Column(
            "task",
            "Task, location",
            150,
            lambda job: f"{WORDS[job.state(now())]}, {job.job.name}, {job.location}",
            CellKind.STATE,
            value=lambda job: job.state(now()),
            sort=lambda job: (job.job.name.casefold(), job.location.casefold()),
            tooltip=lambda job: f"{job.job.name} at {job.location}",
            least=110,
            most=230,
        ),
        Column("type", "Type", 44, _type, CellKind.TYPE, least=44, yields=2),
    )


def _about_progress(now: Clock, zone: tzinfo) -> tuple[Column[OpenJob], ...]:
    def progress(job: OpenJob) -> str:
        parts = (words.share_text(job), words.phase_text(job, now(), zone), words.amount_text(job))
        return ", ".join(part for part in parts if part not in ("", MISSING))

    return (
        Column(
            "progress",
            "Progress",
            236,
            progress,
            tooltip=lambda job: job.job.progress.current if job.job.progress else "",
            least=172,
            most=420,
            is_sortable=False,
        ),
        Column(
            "rate",
            "Rate, last 15 min",
            156,
            lambda job: words.job_rate_text(job, now()),
            least=86,
            heading="Rate, 15 min",
            is_sortable=False,
        ),
    )


def _about_time(now: Clock, zone: tzinfo) -> tuple[Column[OpenJob], ...]:
    return (
        Column(
            "running",
            "Running for",
            76,
            lambda job: words.running_text(job, now()),
            sort=lambda job: job.job.start_time or job.job.create_time,
            tooltip=lambda job: f"since {full_moment_text(job.job.start_time, zone)}",
            heading="Running",
            yields=3,
        ),
        Column(
            "left",
            "Left",
            100,
            lambda job: " ".join(part for part in words.left_texts(job, now()) if part),
            is_sortable=False,
        ),
        Column(
            "drive",
            "Drive",
            116,  # the buttons of the selected row find room on it
            lambda job: job.job.drive,
            CellKind.QUIET,
            elide=Qt.TextElideMode.ElideMiddle,
            yields=1,
        ),
    )


def _about_waiting_job(now: Clock) -> tuple[Column[OpenJob], ...]:
    return (
        Column(
            "state",
            "State",
            94,
            lambda job: words.state_text(job, now()),
            CellKind.STATE,
            value=lambda job: job.state(now()),
            fits=("Queued", "Unknown", WANTS_MEDIUM),
        ),
        Column(
            "location",
            "Location",
            104,
            lambda job: job.location,
            CellKind.LOCATION,
            value=lambda job: job.connection,
            elide=Qt.TextElideMode.ElideMiddle,
            least=76,
            most=180,
        ),
        Column(
            "task",
            "Task",
            120,
            lambda job: job.job.name,
            CellKind.STRONG,
            tooltip=lambda job: job.job.name,
            least=84,
            most=220,
        ),
        Column("type", "Type", 44, _type, CellKind.TYPE, yields=1),
    )


def _about_queue(
    now: Clock, zone: tzinfo, jobs_at: Callable[[str], Mapping[str, Job]]
) -> tuple[Column[OpenJob], ...]:
    def waits(job: OpenJob) -> str:
        text = words.waits_text(job, jobs_at(job.job.location_id))
        return text if job.is_live else f"{words.phase_text(job, now(), zone)}: {text}"

    return (
        Column("waits", "Waits for", 250, waits, tooltip=waits, least=120, most=700),
        Column(
            "place",
            "Place",
            64,
            lambda job: f"{job.place} of {job.places}" if job.is_live else "?",
            align=Align.RIGHT,
            sort=lambda job: job.place,
            yields=2,
        ),
        Column(
            "priority",
            "Priority",
            64,
            lambda job: number_text(job.job.priority),
            align=Align.RIGHT,
            sort=lambda job: (job.job.priority != 0, -job.job.priority),
            yields=3,
        ),
        Column(
            "waiting",
            "Waiting",
            92,
            lambda job: words.waiting_text(job, now()),
            sort=lambda job: job.job.create_time,
            tooltip=lambda job: f"since {full_moment_text(job.job.create_time, zone)}",
        ),
    )


def _type(job: OpenJob) -> str:
    """The type that is made, else the one that was asked for."""
    one = job.job
    kind = one.type or one.requested_type
    return kind.value if kind is not None else ""
