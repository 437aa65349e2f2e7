"""What each call has to do with, for callers whose credential has a scope.

A call that changes something and does not stand here is refused to them: it is about the location
as a whole, or nobody has thought about it. Calls that only read and do not stand here are for all.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from google.protobuf.message import Message

from server_agent.domain.access import Limit, Scope
from server_agent.rpc import convert_plan
from server_agent.rpc.workers import Workers
from server_agent.service.scoping import About, Act, Concern, Scoping

ActOf = Callable[[Any], Act]
NOTHING = Act()


def _by(about: About, field: str) -> ActOf:
    """The field of the message holds a name, or several."""

    def act(message: Any) -> Act:
        value = getattr(message, field)
        names = [value] if isinstance(value, str) else value
        return Act(tuple(Concern(about, name) for name in names))

    return act


def _named(*pairs: tuple[About, str]) -> Act:
    """Those that have a name."""
    return Act(tuple(Concern(about, name) for about, name in pairs if name))


def _tasks(message: Any) -> Iterable[Concern]:
    return (Concern(About.TASK, task) for task in message.group.tasks)


def _new_group(message: Any) -> Act:
    return Act(tuple(_tasks(message)))


def _changed_group(message: Any) -> Act:
    return Act((Concern(About.GROUP, message.group.name), *_tasks(message)))


def _new_event(message: Any) -> Act:
    # What blocks others acts on those, too.
    if message.event.blocking:
        return NOTHING
    return Act(events=(convert_plan.event_from_wire(message.event),))


def _changed_event(message: Any) -> Act:
    if message.event.blocking:
        return NOTHING
    before = Concern(About.EVENT, message.event.name)
    return Act((before,), (convert_plan.event_from_wire(message.event),))


def _new_task(message: Any) -> Act:
    return _named((About.CLIENT, message.client), (About.TASK_NAME, message.name))


def _backup(message: Any) -> Act:
    of = (About.GROUP, message.group) if message.group else (About.TASK, message.task)
    named = _named(of, (About.EVENT, message.follow_up))
    return Act((*named.concerns, Concern(About.POOL, message.pool)))


def _restore(message: Any) -> Act:
    return _named((About.SAVESET, message.saveset), (About.CLIENT, message.client))


def _proof(message: Any) -> Act:
    return _named((About.SAVESET, message.saveset), (About.TASK, message.task))


def _migration(message: Any) -> Act:
    savesets = ((About.SAVESET, name) for name in message.savesets)
    return _named(*savesets, (About.POOL, message.source_pool), (About.POOL, message.pool))


def _pool(message: Any) -> Act:
    return _named((About.POOL, message.pool.name), (About.POOL, message.pool.spare_pool))


def _medium(message: Any) -> Act:
    return _named((About.MEDIUM, message.medium.label), (About.POOL, message.medium.pool))


def _client_files(message: Any) -> Act:
    return _named((About.CLIENT, message.client), (About.TASK_NAME, getattr(message, "task", "")))


def _find(message: Any) -> Act:
    return _named((About.CLIENT, message.filter.client), (About.TASK_NAME, message.filter.task))


def _two_savesets(message: Any) -> Act:
    return _named((About.SAVESET, message.before), (About.SAVESET, message.after))


ACTS: Mapping[str, ActOf] = {
    "CalendarService/CancelOccurrence": _by(About.EVENT_ID, "event_id"),
    "ClientFileService/ListClientDirectory": _client_files,
    "ClientFileService/TestExcludes": _client_files,
    "EventService/CreateEvent": _new_event,
    "EventService/UpdateEvent": _changed_event,
    "EventService/DeleteEvent": _by(About.EVENT, "name"),
    "FindingService/CompareSavesets": _two_savesets,
    "FindingService/FindFiles": _find,
    "FindingService/GetEntry": _by(About.SAVESET, "saveset"),
    "FindingService/ListVersions": _by(About.CLIENT, "client"),
    "FindingService/ReadEntry": _by(About.SAVESET, "saveset"),
    "JobService/CancelJob": _by(About.JOB, "job_id"),
    "JobService/ReadProtocol": _by(About.JOB, "job_id"),
    "JobService/StartBackup": _backup,
    "MediaService/AnswerMediaRequest": _by(About.MEDIUM, "label"),
    "MediaService/CreateMediaPool": _pool,
    "MediaService/UpdateMediaPool": _pool,
    "MediaService/DeleteMediaPool": _by(About.POOL, "name"),
    "MediaService/UpdateMedium": _medium,
    "MediaService/DeleteMedium": _by(About.MEDIUM, "label"),
    "SavesetService/DeleteSavesets": _by(About.SAVESET, "names"),
    "SavesetService/ListEntries": _by(About.SAVESET, "saveset"),
    "SavesetService/StartMigration": _migration,
    "SavesetService/StartRestore": _restore,
    "SavesetService/StartRestoreProof": _proof,
    "SavesetService/StartVerify": _by(About.SAVESET, "saveset"),
    "SavesetService/UpdateSaveset": _by(About.SAVESET, "name"),
    "ScheduleService/CreateSchedule": lambda message: _named(
        (About.SCHEDULE, message.schedule.name)
    ),
    "ScheduleService/UpdateSchedule": lambda message: _named(
        (About.SCHEDULE, message.schedule.name)
    ),
    "ScheduleService/DeleteSchedule": _by(About.SCHEDULE, "name"),
    "TaskGroupService/CreateTaskGroup": _new_group,
    "TaskGroupService/UpdateTaskGroup": _changed_group,
    "TaskGroupService/DeleteTaskGroup": _by(About.GROUP, "name"),
    "TaskService/CreateTask": _new_task,
    "TaskService/UpdateTask": _by(About.TASK, "name"),
    "TaskService/DeleteTask": _by(About.TASK, "name"),
    # Who could make clients, or say how they are reached, could be anywhere.
    "TopologyService/CheckClient": _by(About.CLIENT, "name"),
}


class Scopes:
    """Refuses what is out of a caller's scope."""

    def __init__(self, scoping: Scoping, workers: Workers) -> None:
        self._scoping = scoping
        self._workers = workers

    async def check(self, name: str, message: Message, scope: Scope) -> None:
        """Raises OutOfScope, or InvalidArgument for a message that nobody could act on."""
        if not scope.limits:
            return
        act_of = ACTS.get(name)
        if act_of is not None:
            await self._workers.read(self._scoping.check, scope, act_of(message))
        elif "request_id" in message.DESCRIPTOR.fields_by_name:
            scope.check({limit: frozenset() for limit in Limit})
