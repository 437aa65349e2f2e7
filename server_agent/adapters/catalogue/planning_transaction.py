"""Writes of the plan inside one transaction."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue import cells
from server_agent.adapters.catalogue.change_log import enter_changes
from server_agent.adapters.catalogue.plan_records import event_values
from server_agent.adapters.catalogue.plan_schema import (
    day_starts,
    drives,
    events,
    groups,
    is_undecided,
    occurrences,
    past_events,
    plan_state,
    schedules,
    sheet_cells,
)
from server_agent.adapters.catalogue.planning_view import SqlPlanningView
from server_agent.adapters.catalogue.records import number_of, values_of
from server_agent.adapters.catalogue.schema import tasks
from server_agent.domain.errors import AlreadyExists, EventNotFound
from server_agent.domain.events import Event, EventKind
from server_agent.domain.groups import TaskGroup
from server_agent.domain.occurrences import FOR_GOOD, Occurrence
from server_agent.domain.queue import Drive
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import DayStart
from server_agent.ports import CellKey, ObjectKey, ObjectKind


class SqlPlanningTransaction(SqlPlanningView):
    """The `PlanningTransaction` port."""

    def put_schedule(self, schedule: Schedule) -> None:
        self._put(schedules, schedules.c.name, values_of(schedule))
        self._changed(ObjectKey(ObjectKind.SCHEDULE, schedule.name))

    def remove_schedule(self, name: str) -> None:
        self._connection.execute(schedules.delete().where(schedules.c.name == name))
        self._changed(ObjectKey(ObjectKind.SCHEDULE, name))

    def add_event(self, event: Event) -> Event:
        self._check_name(event, "")
        insert = events.insert().values(event_values(event)).returning(events.c.id)
        added = replace(event, id=str(self._connection.execute(insert).scalar_one()))
        self._changed(ObjectKey(ObjectKind.EVENT, added.id))
        return added

    def put_event(self, event: Event) -> None:
        number = number_of(event.id)
        if number is None or self.event_by_id(event.id) is None:
            raise EventNotFound(event=event.name)
        self._check_name(event, event.id)
        update = events.update().where(events.c.id == number)
        self._connection.execute(update.values(event_values(event)))
        self._changed(ObjectKey(ObjectKind.EVENT, event.id))

    def remove_event(self, event_id: str) -> None:
        self._connection.execute(events.delete().where(events.c.id == number_of(event_id)))
        self._changed(ObjectKey(ObjectKind.EVENT, event_id))

    def put_group(self, group: TaskGroup) -> None:
        self._put(groups, groups.c.name, values_of(group))
        self._changed(ObjectKey(ObjectKind.GROUP, group.name))

    def remove_group(self, name: str) -> None:
        self._connection.execute(groups.delete().where(groups.c.name == name))
        self._changed(ObjectKey(ObjectKind.GROUP, name))

    def put_drive(self, drive: Drive) -> None:
        self._put(drives, drives.c.name, values_of(drive))
        self._changed(ObjectKey(ObjectKind.DRIVE, drive.name))

    def remove_drive(self, name: str) -> None:
        self._connection.execute(drives.delete().where(drives.c.name == name))
        self._changed(ObjectKey(ObjectKind.DRIVE, name))

    def put_decided(self, occurrence: Occurrence, event: Event, day: date) -> None:
        self._keep_past(event)
        slot = occurrence.slot
        about = dict.fromkeys(occurrence.tasks) or {"": None}
        named = sa.select(tasks.c.name, tasks.c.client).where(tasks.c.name.in_(about))
        clients = {row.name: row.client for row in self._connection.execute(named)}
        self._connection.execute(
            occurrences.delete().where(
                occurrences.c.planned_time == slot.planned_time,
                occurrences.c.event_id == slot.event_id,
            )
        )
        values = {
            "planned_time": slot.planned_time,
            "event_id": slot.event_id,
            "event_version": event.version,
            "verdict": occurrence.verdict,
            "cause": occurrence.cause,
            "by": occurrence.by,
            "text": occurrence.text,
            "decide_time": occurrence.decide_time,
            "sesam_day": day,
        }
        rows = []
        for task in about:
            key = CellKey.of_event(event, task, day)
            client = clients.get(task, "")
            row = {"task": task, "kind": key.kind, "name": key.name, "client": client}
            rows.append({**values, **row})
        self._connection.execute(occurrences.insert(), rows)

    def reopen(self, after: datetime, now: datetime) -> None:
        given_up = sa.and_(
            occurrences.c.planned_time > after,
            occurrences.c.decide_time > now,
            occurrences.c.verdict.not_in(FOR_GOOD),
        )
        columns = (
            occurrences.c.event_id,
            occurrences.c.kind,
            occurrences.c.name,
            occurrences.c.sesam_day,
        )
        rows = self._connection.execute(sa.select(*columns).where(given_up)).all()
        if not rows:
            return
        self._connection.execute(occurrences.delete().where(given_up))
        begun = sa.select(occurrences.c.planned_time).where(
            occurrences.c.planned_time > after, occurrences.c.kind == EventKind.NEWDAY
        )
        to_come = sa.and_(day_starts.c.moment > after, day_starts.c.moment.not_in(begun))
        self._connection.execute(day_starts.delete().where(to_come))
        numbers = {number_of(row.event_id) for row in rows}
        once = sa.and_(events.c.id.in_(numbers), events.c.start_time.is_not(None))
        self._connection.execute(events.update().where(once).values(decided=False))
        self.refresh_cells({CellKey(row.kind, row.name, row.sesam_day) for row in rows}, now)

    def touch_schedule(self, name: str) -> None:
        self._changed(ObjectKey(ObjectKind.SCHEDULE, name))

    def set_decided_until(self, moment: datetime) -> None:
        self._connection.execute(plan_state.update().values(decided_until=moment))

    def add_day_start(self, start: DayStart) -> None:
        self._put(day_starts, day_starts.c.moment, values_of(start))

    def refresh_cells(self, keys: Collection[CellKey], now: datetime) -> None:
        changed = cells.refresh(self._connection, keys, now)
        self._changed(*(ObjectKey(ObjectKind.CELL, key.id) for key in changed))

    def forget_plan(self, before: date) -> None:
        run = self._connection.execute
        run(occurrences.delete().where(occurrences.c.sesam_day < before))
        run(sheet_cells.delete().where(sheet_cells.c.day < before))
        # The newest of the date or before it says to which day the date's first hours belong.
        begun = sa.select(sa.func.max(day_starts.c.moment)).where(day_starts.c.day <= before)
        run(day_starts.delete().where(day_starts.c.moment < begun.scalar_subquery()))
        left = sa.select(occurrences.c.event_id, occurrences.c.event_version)
        run(
            past_events.delete().where(
                sa.tuple_(past_events.c.id, past_events.c.version).not_in(left)
            )
        )
        of_past = sa.cast(events.c.id, sa.Text).not_in(sa.select(past_events.c.id))
        gone = run(events.delete().where(sa.not_(is_undecided), of_past).returning(events.c.id))
        self._changed(*(ObjectKey(ObjectKind.EVENT, str(row.id)) for row in gone.all()))

    def _keep_past(self, event: Event) -> None:
        """Keeps the event as it is now, for the calendar."""
        kept = sa.and_(past_events.c.id == event.id, past_events.c.version == event.version)
        self._connection.execute(past_events.delete().where(kept))
        self._connection.execute(past_events.insert().values(id=event.id, **event_values(event)))
        if event.start_time is not None:
            start = events.update().where(events.c.id == number_of(event.id))
            self._connection.execute(start.values(decided=True))

    def _check_name(self, event: Event, own_id: str) -> None:
        other = self.event(event.name) if event.start_time is None else None
        if other is not None and other.id != own_id:
            raise AlreadyExists(kind="event", name=event.name)

    def _put(self, table: sa.Table, key: sa.Column[Any], values: dict[str, Any]) -> None:
        update = table.update().where(key == values[key.name]).values(values)
        if self._connection.execute(update).rowcount == 0:
            self._connection.execute(table.insert().values(values))

    def _changed(self, *keys: ObjectKey) -> None:
        enter_changes(self._connection, keys)
