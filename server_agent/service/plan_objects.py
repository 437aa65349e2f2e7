"""Schedules, events, task groups and drives: what may be entered, changed and removed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from server_agent.domain.errors import (
    DriveInUse,
    DriveNotFound,
    EventInUse,
    EventNotFound,
    GroupInUse,
    GroupNotFound,
    InvalidArgument,
    NewdayNeeded,
    NotFound,
    PoolNotFound,
    ScheduleInUse,
    ScheduleNotFound,
    StoreNotFound,
    TaskNotFound,
)
from server_agent.domain.events import (
    NEWDAY,
    BackupAction,
    Event,
    EventKind,
    MigrationAction,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
    checked_event,
    is_of_group,
    kind_of,
)
from server_agent.domain.groups import TaskGroup, checked_group
from server_agent.domain.queue import Drive, checked_drive
from server_agent.domain.schedule import Schedule, checked_schedule
from server_agent.domain.sesam_day import checked_newday
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock
from server_agent.service.changes import Changes
from server_agent.service.collection import Collection
from server_agent.service.days import zone_of
from server_agent.service.occurrences import name_days_anew
from server_agent.service.scheduler import Scheduler
from server_agent.service.starts.migration import check_places
from server_agent.service.topology import planned_by


class Schedules(Collection[Schedule]):
    """The schedules of the location."""

    kind = "schedule"

    def __init__(self, changes: Changes, clock: Clock, scheduler: Scheduler) -> None:
        super().__init__(changes, clock)
        self._scheduler = scheduler

    def _begin(self, tx: CatalogueTransaction) -> None:
        self._scheduler.settle(tx)

    def _changed(self) -> None:
        self._scheduler.wake()

    def _get(self, view: CatalogueView, name: str) -> Schedule | None:
        return view.schedule(name)

    def _all(self, view: CatalogueView) -> Sequence[Schedule]:
        return view.schedules()

    def _put(self, tx: CatalogueTransaction, item: Schedule) -> None:
        tx.put_schedule(item)
        if item.name == NEWDAY:
            name_days_anew(tx, zone_of(self._clock), self._clock.now())

    def _remove(self, tx: CatalogueTransaction, item: Schedule) -> None:
        tx.remove_schedule(item.name)

    def _checked(
        self, tx: CatalogueTransaction, item: Schedule, before: Schedule | None
    ) -> Schedule:
        item = checked_schedule(item)
        if item.name == NEWDAY:
            checked_newday(item, zone_of(self._clock), self._clock.now())
        version = before.version + 1 if before is not None else 1
        return replace(item, change_time=_decided_until(tx, self._clock), version=version)

    def _check_unused(self, tx: CatalogueTransaction, item: Schedule) -> None:
        if item.name == NEWDAY:
            raise NewdayNeeded(kind=self.kind, name=item.name)
        users = [event.name for event in tx.events() if event.schedule == item.name]
        if users:
            raise ScheduleInUse(schedule=item.name, events=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return ScheduleNotFound(schedule=name)


class Events(Collection[Event]):
    """The events of the location, without immediate starts."""

    kind = "event"

    def __init__(
        self,
        changes: Changes,
        clock: Clock,
        scheduler: Scheduler,
        has_program: Callable[[str], bool],
    ) -> None:
        super().__init__(changes, clock)
        self._scheduler = scheduler
        self._has_program = has_program

    def _begin(self, tx: CatalogueTransaction) -> None:
        self._scheduler.settle(tx)

    def _changed(self) -> None:
        self._scheduler.wake()

    def _get(self, view: CatalogueView, name: str) -> Event | None:
        return view.event(name)

    def _all(self, view: CatalogueView) -> Sequence[Event]:
        return view.events()

    def _searched(self, item: Event) -> Sequence[str]:
        return item.name, item.schedule, item.action.object_name

    def _add(self, tx: CatalogueTransaction, item: Event) -> Event:
        return tx.add_event(item)

    def _put(self, tx: CatalogueTransaction, item: Event) -> None:
        tx.put_event(item)

    def _remove(self, tx: CatalogueTransaction, item: Event) -> None:
        tx.remove_event(item.id)

    def _kept(self, item: Event, before: Event, kept: Sequence[str]) -> Event:
        """They are fields of what it does."""
        if kind_of(before) is not kind_of(item):
            return item  # as `_checked` says
        fields = {name: getattr(before.action, name) for name in kept}
        return replace(item, action=replace(item.action, **fields))

    def _checked(self, tx: CatalogueTransaction, item: Event, before: Event | None) -> Event:
        item = checked_event(item)
        is_newday = kind_of(item) is EventKind.NEWDAY
        if before is None and is_newday:
            raise InvalidArgument(
                field="action", value="newday", expected="another kind: there is one NEWDAY"
            )
        if before is not None:
            if kind_of(before) is not kind_of(item):
                raise InvalidArgument(
                    field="action",
                    value=kind_of(item).value,
                    expected=f"{kind_of(before).value}, as it is: make another event",
                )
            item = replace(item, id=before.id, version=before.version + 1)
        if is_newday:
            _check_newday(item)
        check_names(tx, item)
        self._check_program(item)
        _check_follow_ups(tx, item)
        change_time = _decided_until(tx, self._clock)
        return replace(item, change_time=change_time, start_time=None, made_by="")

    def _check_program(self, item: Event) -> None:
        if kind_of(item) is EventKind.COMMAND and not self._has_program(item.action.object_name):
            raise InvalidArgument(
                field="program",
                value=item.action.object_name,
                expected="the name of a program that is in bin/sesam",
            )

    def _check_unused(self, tx: CatalogueTransaction, item: Event) -> None:
        if item.name == NEWDAY:
            raise NewdayNeeded(kind=self.kind, name=item.name)
        users = [event.name for event in tx.events() if event.follow_up == item.name]
        if users:
            raise EventInUse(event=item.name, events=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return EventNotFound(event=name)


class Groups(Collection[TaskGroup]):
    """The task groups of the location."""

    kind = "group"

    def __init__(self, changes: Changes, clock: Clock, scheduler: Scheduler) -> None:
        super().__init__(changes, clock)
        self._scheduler = scheduler

    def _begin(self, tx: CatalogueTransaction) -> None:
        # What has come due is about the tasks that were in the group then.
        self._scheduler.settle(tx)

    def _changed(self) -> None:
        self._scheduler.wake()

    def _get(self, view: CatalogueView, name: str) -> TaskGroup | None:
        return view.group(name)

    def _all(self, view: CatalogueView) -> Sequence[TaskGroup]:
        return view.groups()

    def _put(self, tx: CatalogueTransaction, item: TaskGroup) -> None:
        tx.put_group(item)

    def _remove(self, tx: CatalogueTransaction, item: TaskGroup) -> None:
        tx.remove_group(item.name)

    def _searched(self, item: TaskGroup) -> Sequence[str]:
        return item.name, *item.tasks

    def _checked(
        self, tx: CatalogueTransaction, item: TaskGroup, before: TaskGroup | None
    ) -> TaskGroup:
        item = checked_group(item)
        for task in item.tasks:
            if tx.task(task) is None:
                raise TaskNotFound(task=task)
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _check_unused(self, tx: CatalogueTransaction, item: TaskGroup) -> None:
        users = planned_by(tx, lambda event: is_of_group(event, item.name))
        if users:
            raise GroupInUse(group=item.name, events=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return GroupNotFound(group=name)


class Drives(Collection[Drive]):
    """The drives of the location.

    Args:
        changed: is called when more jobs may be able to start.
    """

    kind = "drive"

    def __init__(self, changes: Changes, clock: Clock, changed: Callable[[], None]) -> None:
        super().__init__(changes, clock)
        self._on_change = changed

    def _changed(self) -> None:
        self._on_change()

    def _get(self, view: CatalogueView, name: str) -> Drive | None:
        return view.drive(name)

    def _all(self, view: CatalogueView) -> Sequence[Drive]:
        return view.drives()

    def _put(self, tx: CatalogueTransaction, item: Drive) -> None:
        tx.put_drive(item)

    def _remove(self, tx: CatalogueTransaction, item: Drive) -> None:
        tx.remove_drive(item.name)

    def _checked(self, tx: CatalogueTransaction, item: Drive, before: Drive | None) -> Drive:
        item = checked_drive(item)
        if tx.data_store(item.store) is None:
            raise StoreNotFound(store=item.store)
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _check_unused(self, tx: CatalogueTransaction, item: Drive) -> None:
        users = planned_by(tx, lambda event: _drive_of(event) == item.name)
        users += [f"job {job.id}" for job in tx.open_jobs() if job.drive == item.name]
        if users:
            raise DriveInUse(drive=item.name, users=", ".join(users))
        if len(tx.drives()) == 1:
            raise DriveInUse(drive=item.name, users="every backup: it is the only one")

    def _not_found(self, name: str) -> NotFound:
        return DriveNotFound(drive=name)


def _decided_until(view: CatalogueView, clock: Clock) -> datetime:
    """From when on a change holds. The clock has gone on since the scheduler has decided: what is
    planned for that while would be neither the old plan's nor the new one's."""
    return view.decided_until() or clock.now()


def check_names(view: CatalogueView, event: Event) -> None:
    """Raises the NotFound of the first thing that the event names and that is not there."""
    if event.schedule and view.schedule(event.schedule) is None:
        raise ScheduleNotFound(schedule=event.schedule)
    match event.action:
        case BackupAction() as action:
            _check_backup(view, action)
        case RestoreAction(task=task) | VerifyAction(task=task) | RestoreProofAction(task=task):
            if view.task(task) is None:
                raise TaskNotFound(task=task)
        case MigrationAction() as action:
            check_places(view, action)
        case _:
            pass
    if event.follow_up and view.event(event.follow_up) is None:
        raise EventNotFound(event=event.follow_up)


def _check_backup(view: CatalogueView, action: BackupAction) -> None:
    if action.task and view.task(action.task) is None:
        raise TaskNotFound(task=action.task)
    if action.group and view.group(action.group) is None:
        raise GroupNotFound(group=action.group)
    if action.drive and view.drive(action.drive) is None:
        raise DriveNotFound(drive=action.drive)
    if action.pool and view.pool(action.pool) is None:
        raise PoolNotFound(pool=action.pool)


def _check_newday(event: Event) -> None:
    for field, value, wanted in (
        ("name", event.name, NEWDAY),
        ("schedule", event.schedule, NEWDAY),
        ("priority", event.priority, 0),
        ("active", event.active, True),
    ):
        if value != wanted:
            raise InvalidArgument(field=field, value=value, expected=f"{wanted}: it is NEWDAY's")


def _check_follow_ups(view: CatalogueView, event: Event) -> None:
    """What follows itself, at however many removes, would never end."""
    following = {each.name: each.follow_up for each in view.events()}
    following[event.name] = event.follow_up
    passed = [event.name]
    while following.get(passed[-1]):
        name = following[passed[-1]]
        if name in passed:
            raise InvalidArgument(
                field="follow_up",
                value=" → ".join((*passed, name)),
                expected="events that do not come round to the first",
            )
        passed.append(name)


def _drive_of(event: Event) -> str:
    action = event.action
    return action.drive if isinstance(action, BackupAction | MigrationAction) else ""
