"""Records of the plan, as in `records`: what comes round when, and what became of it.

Dates, times of day and sesam days are those of the server's wall clock (`Identity.time_zone`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something comes round. A schedule without events does nothing.

    To be given to `Location.add_schedule`, and changed with `dataclasses.replace`.

    Attributes:
        rule: value of an RRULE of RFC 5545 without DTSTART, COUNT, UNTIL and time of day:
            "FREQ=WEEKLY;BYDAY=MO,FR". Empty when only the dates count.
        start_time: of a rule of minutes or hours the first start of `start_date`, or of every day
            if there is an `until_time`.
        start_date, end_date: first and last day of validity, both included. Without a first one a
            schedule is added as of today.
        dates: days beside the rule.
        offset_days: added to each date of a monthly or yearly rule.
        until_time: rules of minutes and hours only, the last time of day at which it starts.
        window: how long after its time a start may still be made; None: until the next one.
        etag, next_time: filled by the agent.
    """

    name: str
    rule: str = ""
    start_time: time = time()
    start_date: date | None = None
    end_date: date | None = None
    dates: tuple[date, ...] = ()
    offset_days: int = 0
    until_time: time | None = None
    window: timedelta | None = None
    active: bool = True
    comment: str = ""
    etag: str = ""
    next_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What a schedule starts.

    To be given to `Location.add_event`, and changed with `dataclasses.replace`.

    Attributes:
        schedule: "" for an event that waits to be another's follow-up.
        kind: "backup", "restore", "command", "verify", "migration", "restore_proof" or
            "newday".
        task: of a backup, restore, verify or restore proof; a backup has a task or else a group.
        type: backups only, "FULL", "DIFF", "INC" or "COPY".
        drive: backups and migrations only; "" is any of the pool's group.
        pool: the media pool that a backup is written to, "" is the usual one; or that a migration
            copies to.
        source_pool, move: migrations only: whose savesets, and whether they are given up there.
        whole_chain: verify only: also all that the saveset builds on.
        quick: verify only: see `Location.verify`.
        files, max_bytes: restore proof only: how much is restored; 0 is as usual.
        paths, target: restores only: full paths out of the listing (none: everything), and the
            directory restored to.
        overwrite: restores only: as of `Location.restore`. Nobody looks on when it starts, so that
            usually nothing is replaced that is newer than the saved one.
        program, arguments: commands only.
        priority: 1 lowest to 99 highest; 0 is above all and never blocked.
        blocking: holds off events of its kind with a lower priority.
        follow_up: name of the event that is started when this one has ended well.
        id, etag, next_time, idle_cause: filled by the agent. Without a `next_time` the cause is
            "event_inactive", "schedule_inactive", "no_schedule", "schedule_over" or "group_empty".
    """

    name: str
    schedule: str
    kind: str
    task: str = ""
    group: str = ""
    type: str = ""
    drive: str = ""
    paths: tuple[bytes, ...] = ()
    target: bytes = b""
    program: str = ""
    arguments: tuple[str, ...] = ()
    priority: int = 1
    blocking: bool = False
    follow_up: str = ""
    active: bool = True
    comment: str = ""
    id: str = ""
    etag: str = ""
    next_time: datetime | None = None
    idle_cause: str = ""
    pool: str = ""
    whole_chain: bool = True
    quick: bool = False
    files: int = 0
    max_bytes: int = 0
    source_pool: str = ""
    move: bool = False
    overwrite: str = "if_older"


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks that are started together, in the order in which they are queued."""

    name: str
    tasks: tuple[str, ...] = ()
    comment: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Drive:
    """What jobs run on.

    Attributes:
        streams: how many at once.
        group: drives that a media pool can use alike.
        data_store: the one that it writes to.
    """

    name: str
    streams: int = 2
    active: bool = True
    comment: str = ""
    etag: str = ""
    group: str = "Drives"
    data_store: str = "Store_1"


@dataclass(frozen=True, slots=True)
class Start:
    """One coming start of a schedule.

    Attributes:
        clock_change: the wall clock leaps over the time that the schedule names, or shows it twice.
        sesam_day: YYYY-MM-DD.
    """

    time: datetime
    clock_change: bool
    sesam_day: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The coming starts of a schedule, and what its author may not have meant: "no_start",
    "no_event", "window_overlaps", "inactive", "clock_change"."""

    starts: tuple[Start, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One planned time of one event, for one task, and what became of it.

    Attributes:
        event_id: with `planned_time` and `task` the identity.
        schedule: "" for an immediate start and a follow-up.
        task, client: "" for commands and NEWDAY.
        state: a job's once there is one; before that "planned", "late", "missed" or "blocked".
        sesam_day: YYYY-MM-DD.
        job_id: None before there is a job.
        decide_time: when it was started or given up.
        cause: why it was not started: "overtaken", "window_over", "still_running", "blocked_by" (by
            the event `by`; of one that is "planned" or "late": it will be, as the plan is),
            "impossible" (`text` says more), "taken_back" (by the person `by`), or "".
        started_by: of an immediate start who asked for it.
        end_time: of its job; None before.
    """

    event_id: str
    planned_time: datetime
    event: str
    kind: str
    schedule: str
    priority: int
    task: str
    group: str
    client: str
    type: str
    state: str
    sesam_day: str
    job_id: str | None
    decide_time: datetime | None
    started_late: bool
    cause: str
    by: str
    text: str
    started_by: str
    end_time: datetime | None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One task, of commands and NEWDAY one event, over the days of a sheet, one element a day.

    Attributes:
        states: the worst state, "" for nothing planned and nothing run.
        runs: how many have begun or were given up, at most 255.
        planned: how many are still to come, at most 255.
    """

    kind: str
    name: str
    client: str
    states: tuple[str, ...]
    runs: tuple[int, ...]
    planned: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The calendar by task and sesam day.

    Attributes:
        first_sesam_day: of the first column; the others follow day by day.
        open_sesam_day: the one that is open now.
        planned_until: up to here the plan is in it.
        time_zone: of the server, an IANA name.
        day_starts: when its sesam days begin, and the next one behind them. A date that is not
            among them is part of the day before.
    """

    first_sesam_day: date
    days: int
    rows: tuple[SheetRow, ...]
    open_sesam_day: date
    planned_until: datetime
    time_zone: str
    day_starts: Mapping[date, datetime]


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """What has become of one row of the calendar on one sesam day; `state` is "" when there is
    nothing any more."""

    kind: str
    name: str
    client: str
    sesam_day: str
    state: str
    runs: int
