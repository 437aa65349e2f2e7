"""A schedule, an event, and moments for tests of the plan over the wire."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from sesam_api.v1 import events_pb2, jobs_pb2, schedules_pb2
from tests.rpc.agent.rig import Caller

FULL = jobs_pb2.BACKUP_TYPE_FULL
NIGHTLY: dict[str, Any] = {
    "name": "nightly",
    "active": True,
    "rule": "FREQ=DAILY",
    "start_time": "22:00",
    "start_date": "2026-03-01",
}
DOCS: dict[str, Any] = {
    "name": "docs nightly",
    "schedule": "nightly",
    "active": True,
    "priority": 1,
    "backup": {"task": "docs", "type": FULL},
}


def add_schedule(caller: Caller, **fields: Any) -> schedules_pb2.Schedule:
    answer = caller.call("ScheduleService/CreateSchedule", schedule=NIGHTLY | fields)
    schedule: schedules_pb2.Schedule = answer.schedule
    return schedule


def add_event(caller: Caller, **fields: Any) -> events_pb2.Event:
    event: events_pb2.Event = caller.call("EventService/CreateEvent", event=DOCS | fields).event
    return event


def moment(*numbers: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(*numbers, tzinfo=UTC))
    return stamp
