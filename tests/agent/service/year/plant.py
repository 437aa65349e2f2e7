"""The plan of the simulated location: forty tasks, with every kind of rule and of event."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server_agent.domain.events import (
    NEWDAY,
    Action,
    BackupAction,
    CommandAction,
    EventKind,
    RestoreAction,
)
from server_agent.domain.savesets import BackupType
from tests.agent.service.year.location import Location
from tests.agent.service.year.timetables import (
    Timetable,
    every_day,
    first_of_month,
    last_sunday_of_spring_and_autumn,
    nth,
    on,
)

HOUR = timedelta(hours=1)
TASKS = [f"t{number:02}" for number in range(1, 41)]
GROUPS = {"daily": tuple(TASKS[:8]), "weekly": tuple(TASKS[8:20])}
SAVED = TASKS[38]  # the task whose savesets are restored; it has none before March
NEWDAYS = [
    Timetable(NEWDAY, "FREQ=DAILY", time(8), every_day),
    Timetable(NEWDAY, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(6, 30), on(0, 1, 2, 3, 4)),
    Timetable(NEWDAY, "FREQ=DAILY", time(14, 15), every_day),
]
EVENINGS = [
    Timetable("evening", "FREQ=DAILY", time(20), every_day),
    Timetable("evening", "FREQ=DAILY", time(21, 10), every_day, window=9 * HOUR),
]


@dataclass(frozen=True)
class Planted:
    """An event in words of its own. Without a timetable it waits to be a follow-up."""

    name: str
    kind: EventKind
    tasks: tuple[str, ...]
    timetable: Timetable | None
    priority: int = 1
    blocking: bool = False
    follow_up: str = ""
    group: str = ""

    @property
    def action(self) -> Action:
        match self.kind:
            case EventKind.BACKUP if self.group:
                return BackupAction(BackupType.FULL, group=self.group)
            case EventKind.BACKUP:
                return BackupAction(BackupType.INC, task=self.tasks[0])
            case EventKind.RESTORE:
                return RestoreAction(self.tasks[0], b"/srv/proof")
            case _:
                return CommandAction("report")


def timetables(year: int) -> list[Timetable]:
    """All but NEWDAY's."""
    holidays = tuple(date(year, month, 3 + 2 * month) for month in range(1, 13))
    return [
        EVENINGS[0],
        Timetable("night", "FREQ=DAILY", time(2, 30), every_day, window=2 * HOUR),
        Timetable("noon", "FREQ=WEEKLY;BYDAY=MO,WE,FR", time(12), on(0, 2, 4), window=HOUR / 2),
        Timetable("sunday", "FREQ=WEEKLY;BYDAY=SU", time(0, 45), on(6), window=3 * HOUR),
        Timetable("friday", "FREQ=MONTHLY;BYDAY=-1FR", time(23, 45), nth(-1, 4), offset=2),
        Timetable("first", "FREQ=MONTHLY;BYMONTHDAY=1", time(0, 15), first_of_month),
        Timetable("seven", "FREQ=HOURLY;INTERVAL=7", time(1), every=7 * HOUR, window=0.75 * HOUR),
        Timetable("office", "FREQ=HOURLY;INTERVAL=3", time(9), every=3 * HOUR, until=time(6)),
        Timetable(
            "turn",
            "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
            time(1, 30),
            last_sunday_of_spring_and_autumn,
        ),
        Timetable("holidays", "", time(5, 5), dates=holidays),
        Timetable("saturday", "FREQ=WEEKLY;BYDAY=SA", time(10), on(5)),
    ]


def planted(year: int) -> list[Planted]:
    """The events, a follow-up before what it follows."""
    by_name = {each.name: each for each in timetables(year)}

    def backup(name: str, schedule: str, task: str, priority: int = 1) -> Planted:
        return Planted(name, EventKind.BACKUP, (task,), by_name[schedule], priority)

    def of_group(name: str, schedule: str, follow_up: str = "", priority: int = 1) -> Planted:
        return Planted(
            name,
            EventKind.BACKUP,
            GROUPS[name],
            by_name[schedule],
            priority,
            blocking=priority > 1,
            follow_up=follow_up,
            group=name,
        )

    return [
        Planted("after report", EventKind.BACKUP, (TASKS[37],), None),
        Planted("report", EventKind.COMMAND, (), None, follow_up="after report"),
        of_group("daily", "evening", "report"),
        of_group("weekly", "sunday", priority=50),
        *(backup(f"night {task}", "night", task) for task in TASKS[20:25]),
        backup("above all", "night", TASKS[25], priority=0),
        *(backup(f"noon {task}", "noon", task) for task in TASKS[26:30]),
        *(backup(f"friday {task}", "friday", task) for task in TASKS[30:33]),
        *(backup(f"first {task}", "first", task, priority=60) for task in TASKS[33:36]),
        backup("office", "office", TASKS[36]),
        backup("turn", "turn", TASKS[38]),
        backup("holidays", "holidays", TASKS[39]),
        Planted("sums", EventKind.COMMAND, (), by_name["seven"], priority=9),
        Planted("proof", EventKind.RESTORE, (SAVED,), by_name["saturday"]),
    ]


def plant(location: Location, year: int, now: datetime) -> dict[str, Planted]:
    """Enters the plan; returns its events by their ids."""
    location.add_tasks(*TASKS)
    for name, tasks in GROUPS.items():
        location.add_group(name, *tasks)
    for timetable in timetables(year):
        location.add_schedule(timetable.schedule(now))
    found = {
        location.event(NEWDAY).id: Planted(NEWDAY, EventKind.NEWDAY, (), NEWDAYS[0], priority=0)
    }
    for each in planted(year):
        event = location.add_event(
            each.name,
            each.action,
            each.timetable.name if each.timetable is not None else "",
            priority=each.priority,
            blocking=each.blocking,
            follow_up=each.follow_up,
        )
        found[event.id] = each
    return found
