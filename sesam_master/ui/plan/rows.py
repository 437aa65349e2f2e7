"""The rows and columns of the three lists of a plan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt

from sesam_master.core.plan import (
    BackupAction,
    CommandAction,
    Event,
    MigrationAction,
    NewdayAction,
    Plan,
    Planned,
    RestoreAction,
    RestoreProofAction,
    Schedule,
    TaskGroup,
    VerifyAction,
)
from sesam_master.core.rule_words import schedule_words, window_words
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import MISSING, UNKNOWN, far_moment_text
from sesam_master.ui.objects.kinds import NEW, Key, ObjectKind, ObjectRow
from sesam_master.ui.objects.place import Zones
from sesam_master.ui.plan.warnings import idle_words
from sesam_master.ui.widgets.column import Align, CellKind, Column


class PlanKind(ObjectKind):
    """The lists of a plan."""

    SCHEDULES = "Schedules", "schedule", "schedules"
    EVENTS = "Events", "event", "events"
    GROUPS = "Task groups", "task group", "groups"


@dataclass(frozen=True, slots=True)
class PlanRow(ObjectRow):
    """`users`: how many events need it."""

    item: Planned
    state: JobState
    state_text: str
    next_time: datetime | None
    next_site: str
    next_mine: str
    users: int

    @property
    def schedule(self) -> Schedule:
        assert isinstance(self.item, Schedule)
        return self.item

    @property
    def event(self) -> Event:
        assert isinstance(self.item, Event)
        return self.item

    @property
    def group(self) -> TaskGroup:
        assert isinstance(self.item, TaskGroup)
        return self.item

    @property
    def searched(self) -> str:
        """What the filter looks into."""
        match self.item:
            case Event() as event:
                return f"{event.name} {event.schedule} {event.object_name} {event.follow_up}"
            case TaskGroup(name, tasks):
                return f"{name} {' '.join(tasks)}"
            case Schedule() as schedule:
                return f"{schedule.name} {schedule_words(schedule)} {schedule.comment}"


def plan_row(key: Key, item: Planned, mark: str, plan: Plan, zones: Zones, users: int) -> PlanRow:
    """The row of an object as the location has it, or of a new one."""
    moment = None if isinstance(item, TaskGroup) else item.next_time
    state, text = _state(item, plan, is_new=key[1].startswith(NEW))
    is_known, year = not plan.is_kept, plan.as_of.year
    return PlanRow(
        key=key,
        item=item,
        mark=mark,
        state=state,
        state_text=text,
        next_time=moment,
        next_site=far_moment_text(moment, zones.site, year) if is_known else UNKNOWN,
        next_mine=far_moment_text(moment, zones.mine, year) if is_known else UNKNOWN,
        users=users,
        is_stale=plan.is_kept,
    )


def _state(item: Planned, plan: Plan, *, is_new: bool) -> tuple[JobState, str]:
    if is_new or isinstance(item, TaskGroup):
        return JobState.NOT_PLANNED, "Not saved"
    if not item.active:
        return JobState.NOT_PLANNED, "Off"
    if plan.is_kept:
        return JobState.UNKNOWN, "Unknown"
    if item.next_time is not None:
        return JobState.PLANNED, "Planned"
    words = idle_words(item) if isinstance(item, Event) else ""
    return JobState.NOT_PLANNED, words.capitalize() or "No start"


def kind_words(event: Event) -> str:
    """What an event does, in a word."""
    match event.action:
        case BackupAction():
            return "Backup"
        case RestoreAction():
            return "Restore"
        case CommandAction():
            return "Command"
        case NewdayAction():
            return "NEWDAY"
        case VerifyAction():
            return "Verify"
        case RestoreProofAction():
            return "Restore proof"
        case MigrationAction(move=move):
            return "Move" if move else "Copy to pool"
        case None:
            return UNKNOWN


def type_letter(event: Event) -> str:
    """Of a backup the letter of its type, "" for anything else."""
    if not isinstance(event.action, BackupAction):
        return ""
    return event.action.type.value if event.action.type is not None else UNKNOWN


def object_words(event: Event) -> str:
    """What an event is about; a group says that it is one."""
    if isinstance(event.action, BackupAction) and event.action.group:
        return f"{event.action.group} (group)"
    return event.object_name


_NAME: Column[PlanRow] = Column(
    "name",
    "Name",
    130,
    lambda row: row.name,
    CellKind.STRONG,
    sort=lambda row: (row.key[1].startswith(NEW), row.item.name.casefold()),
    tooltip=lambda row: getattr(row.item, "comment", "") or row.name,
    least=90,
    most=260,
)
_STATE: Column[PlanRow] = Column(
    "state",
    "State",
    92,
    lambda row: row.state_text,
    CellKind.STATE,
    value=lambda row: row.state,
    fits=("Planned", "Follow-up"),
    tooltip=lambda row: row.state_text,
)


def _next(key: str, title: str, yields: int) -> Column[PlanRow]:
    return Column(
        key,
        title,
        112,
        lambda row: row.next_site if key == "next_site" else row.next_mine,
        CellKind.NUMBER if yields == 0 else CellKind.QUIET,
        align=Align.RIGHT,
        sort=lambda row: row.next_time,
        fits=("Wed 30 Sep 20:00", "30 Sep 2030 20:00"),
        yields=yields,
    )


def _text(key: str, title: str, width: int, text: Any, **more: Any) -> Column[PlanRow]:
    return Column(key, title, width, text, tooltip=text, **more)


def columns(kind: PlanKind) -> tuple[Column[PlanRow], ...]:
    """The columns of one of the lists."""
    return {
        PlanKind.SCHEDULES: _SCHEDULE_COLUMNS,
        PlanKind.EVENTS: _EVENT_COLUMNS,
        PlanKind.GROUPS: _GROUP_COLUMNS,
    }[kind]


_SCHEDULE_COLUMNS: tuple[Column[PlanRow], ...] = (
    _STATE,
    _NAME,
    _text("rule", "When", 170, lambda row: schedule_words(row.schedule), least=110, most=420),
    _next("next_site", "Next, site", 0),
    _next("next_mine", "Next, here", 1),
    _text(
        "window",
        "Window",
        70,
        lambda row: MISSING if row.schedule.window is None else window_words(row.schedule.window),
        sort=lambda row: row.schedule.window,
        kind=CellKind.QUIET,
        yields=2,
    ),
    Column(
        "users",
        "Used by",
        70,
        lambda row: f"{row.users} events" if row.users != 1 else "1 event",
        CellKind.QUIET,
        align=Align.RIGHT,
        sort=lambda row: row.users,
        descending_first=True,
        yields=3,
    ),
)
_EVENT_COLUMNS: tuple[Column[PlanRow], ...] = (
    _STATE,
    _NAME,
    _text(
        "kind",
        "Kind",
        96,
        lambda row: kind_words(row.event),
        kind=CellKind.QUIET,
        fits=("Restore proof",),
        yields=6,
    ),
    _text("object", "Object", 110, lambda row: object_words(row.event), least=70, most=220),
    Column("type", "Type", 40, lambda row: type_letter(row.event), CellKind.TYPE, yields=7),
    _text(
        "schedule", "Schedule", 100, lambda row: row.event.schedule or MISSING, least=70, most=180
    ),
    _next("next_site", "Next, site", 0),
    _next("next_mine", "Next, here", 1),
    Column(
        "priority",
        "Priority",
        58,
        lambda row: str(row.event.priority),
        CellKind.NUMBER,
        align=Align.RIGHT,
        sort=lambda row: row.event.priority,
        descending_first=True,
        yields=4,
    ),
    _text(
        "blocking",
        "Blocking",
        66,
        lambda row: "blocks" if row.event.blocking else "",
        kind=CellKind.QUIET,
        yields=2,
    ),
    _text(
        "follow_up",
        "Follow-up",
        90,
        lambda row: row.event.follow_up,
        kind=CellKind.QUIET,
        least=70,
        yields=3,
    ),
)
_GROUP_COLUMNS: tuple[Column[PlanRow], ...] = (
    _NAME,
    Column(
        "count",
        "Tasks",
        50,
        lambda row: str(len(row.group.tasks)),
        CellKind.NUMBER,
        align=Align.RIGHT,
        sort=lambda row: len(row.group.tasks),
        descending_first=True,
    ),
    _text(
        "tasks",
        "In the order of the queue",
        220,
        lambda row: ", ".join(row.group.tasks) or MISSING,
        elide=Qt.TextElideMode.ElideRight,
        kind=CellKind.QUIET,
        least=120,
        most=900,
    ),
    Column(
        "users",
        "Started by",
        84,
        lambda row: f"{row.users} events" if row.users != 1 else "1 event",
        CellKind.QUIET,
        align=Align.RIGHT,
        sort=lambda row: row.users,
        descending_first=True,
        yields=1,
    ),
)
