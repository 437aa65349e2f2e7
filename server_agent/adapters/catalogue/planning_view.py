"""Reads of the plan on one connection, which holds one snapshot."""

from datetime import date, datetime

import sqlalchemy as sa

from server_agent.adapters.catalogue import records
from server_agent.adapters.catalogue.plan_records import (
    cell,
    event,
    event_columns,
    past,
    past_columns,
)
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
from server_agent.adapters.catalogue.records import (
    SELECT_JOB,
    Record,
    columns_of,
    number_of,
    record,
)
from server_agent.adapters.catalogue.schema import jobs
from server_agent.domain.events import Event
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job
from server_agent.domain.occurrences import FOR_GOOD, Planned, Slot, Verdict
from server_agent.domain.queue import Drive
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import DayStart
from server_agent.ports import Cell, CellKey, Past, PastKey

_PAST_KEY = (occurrences.c.planned_time, occurrences.c.event_id, occurrences.c.task)
_PAST_TYPES = [column.type for column in _PAST_KEY]


class SqlPlanningView:
    """The `PlanningView` port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def schedule(self, name: str) -> Schedule | None:
        return self._one(Schedule, schedules, schedules.c.name == name)

    def schedules(self) -> list[Schedule]:
        return self._by_name(Schedule, schedules)

    def event(self, name: str) -> Event | None:
        return self._event(events.c.name == name, events.c.start_time.is_(None))

    def event_by_id(self, event_id: str) -> Event | None:
        number = number_of(event_id)
        return self._event(events.c.id == number) if number is not None else None

    def events(self) -> list[Event]:
        rows = self._connection.execute(
            sa.select(*event_columns(events))
            .where(events.c.start_time.is_(None))
            .order_by(events.c.name)
        )
        return [event(row) for row in rows]

    def plans(self) -> list[Planned]:
        rows = self._connection.execute(
            sa.select(*event_columns(events), *columns_of(Schedule, schedules, "schedule_"))
            .join_from(events, schedules, schedules.c.name == events.c.schedule, isouter=True)
            .where(is_undecided)
            .order_by(events.c.id)
        )
        return [
            Planned(event(row), record(Schedule, row, "schedule_") if row.schedule_name else None)
            for row in rows
        ]

    def group(self, name: str) -> TaskGroup | None:
        return self._one(TaskGroup, groups, groups.c.name == name)

    def groups(self) -> list[TaskGroup]:
        return self._by_name(TaskGroup, groups)

    def drive(self, name: str) -> Drive | None:
        return self._one(Drive, drives, drives.c.name == name)

    def drives(self) -> list[Drive]:
        return self._by_name(Drive, drives)

    def decided_until(self) -> datetime | None:
        moment: datetime | None = self._connection.scalar(sa.select(plan_state.c.decided_until))
        return moment

    def decided_slots(self, after: datetime, now: datetime) -> set[Slot]:
        rows = self._connection.execute(
            sa.select(occurrences.c.planned_time, occurrences.c.event_id)
            .distinct()
            .where(
                occurrences.c.planned_time > after,
                sa.or_(occurrences.c.verdict.in_(FOR_GOOD), occurrences.c.decide_time <= now),
            )
        )
        return {Slot(row.planned_time, row.event_id) for row in rows}

    def taken_back(self, after: datetime) -> set[Slot]:
        rows = self._connection.execute(
            sa.select(occurrences.c.planned_time, occurrences.c.event_id)
            .distinct()
            .where(occurrences.c.planned_time > after, occurrences.c.verdict == Verdict.CANCELLED)
        )
        return {Slot(row.planned_time, row.event_id) for row in rows}

    def past(self, first: datetime, end: datetime, after: PastKey | None, limit: int) -> list[Past]:
        if after is not None:
            first = max(first, after[0])
        others = jobs.alias()
        newest = (
            sa.select(sa.func.max(others.c.id))
            .where(
                others.c.event_id == occurrences.c.event_id,
                others.c.planned_time == occurrences.c.planned_time,
                others.c.task == occurrences.c.task,
            )
            .correlate(occurrences)
            .scalar_subquery()
        )
        query = (
            sa.select(*past_columns())
            .select_from(occurrences)
            .join(
                past_events,
                sa.and_(
                    past_events.c.id == occurrences.c.event_id,
                    past_events.c.version == occurrences.c.event_version,
                ),
            )
            .join(jobs, jobs.c.id == newest, isouter=True)
            .where(occurrences.c.planned_time >= first, occurrences.c.planned_time < end)
            .order_by(*_PAST_KEY)
            .limit(limit)
        )
        if after is not None:
            values = [sa.literal(*pair) for pair in zip(after, _PAST_TYPES, strict=True)]
            query = query.where(sa.tuple_(*_PAST_KEY) > sa.tuple_(*values))
        return [past(row) for row in self._connection.execute(query)]

    def jobs_of(self, slot: Slot) -> list[Job]:
        rows = self._connection.execute(
            SELECT_JOB.where(
                jobs.c.event_id == slot.event_id, jobs.c.planned_time == slot.planned_time
            )
        )
        return sorted((records.job(row) for row in rows), key=lambda job: int(job.id))

    def day_starts(self, after: date) -> list[DayStart]:
        newest = (
            sa.select(sa.func.max(day_starts.c.moment))
            .where(day_starts.c.day <= after)
            .scalar_subquery()
        )
        rows = self._connection.execute(
            sa.select(day_starts)
            .where(sa.or_(newest.is_(None), day_starts.c.moment >= newest))
            .order_by(day_starts.c.moment)
        )
        return [DayStart(row.moment, row.day) for row in rows]

    def cells(self, first: date, last: date) -> list[Cell]:
        rows = self._connection.execute(
            sa.select(sheet_cells)
            .where(sheet_cells.c.day >= first, sheet_cells.c.day <= last)
            .order_by(sheet_cells.c.kind, sheet_cells.c.name, sheet_cells.c.day)
        )
        return [cell(row) for row in rows]

    def cell(self, key: CellKey) -> Cell | None:
        row = self._connection.execute(
            sa.select(sheet_cells).where(
                sheet_cells.c.day == key.day,
                sheet_cells.c.kind == key.kind,
                sheet_cells.c.name == key.name,
            )
        ).first()
        return cell(row) if row else None

    def _event(self, *conditions: sa.ColumnElement[bool]) -> Event | None:
        row = self._connection.execute(sa.select(*event_columns(events)).where(*conditions)).first()
        return event(row) if row else None

    def _by_name(self, kind: type[Record], table: sa.Table) -> list[Record]:
        rows = self._connection.execute(records.select(kind, table).order_by(table.c.name))
        return [record(kind, row) for row in rows]

    def _one(
        self, kind: type[Record], table: sa.Table, condition: sa.ColumnElement[bool]
    ) -> Record | None:
        row = self._connection.execute(records.select(kind, table).where(condition)).first()
        return record(kind, row) if row else None
