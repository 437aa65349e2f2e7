"""Credentials that are limited to some clients, tasks, pools or schedules: every call that changes
something, and every one that looks into a saveset, inside and outside of the limits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from server_agent.domain.access import Role
from server_agent.rpc import convert
from server_agent.rpc.roles import ALLOWED
from server_agent.rpc.scopes import ACTS
from sesam_api.v1 import access_pb2
from tests.rpc.agent.plan import FULL, add_event, add_schedule
from tests.rpc.agent.rig import METHODS, AgentRig, Caller, refusal_of

# What reads and is for all: written out, so that whoever adds a call decides about it.
FOR_ALL = {
    "AccessService/GetAccessRules",
    "AccessService/ListApprovals",
    "AccessService/ListCredentials",
    "AccessService/ListLockOuts",
    "AccessService/ListTokens",
    "AgentService/GetAgent",
    "CalendarService/GetCalendarSheet",
    "CalendarService/ListCalendar",
    "DriveService/ListDrives",
    "EventService/ListEvents",
    "Health/Watch",
    "HistoryService/ListGrowth",
    "HistoryService/ListStoreHistory",
    "JobService/GetJob",
    "JobService/ListJobGroups",
    "JobService/ListJobs",
    "JobService/WatchJob",
    "LicenceService/GetLicence",
    "LicenceService/GetLicenceOrder",
    "LoaderService/ListLoaders",
    "LocationService/GetLocation",
    "LogService/FollowLog",
    "LogService/ListLogs",
    "LogService/ReadLog",
    "LogService/SearchLogs",
    "LocationService/ListInterfaces",
    "LocationService/Watch",
    "MediaService/ListDataStores",
    "MediaService/ListMedia",
    "MediaService/ListMediaPools",
    "MediaService/ListMediaRequests",
    "SavesetService/GetSaveset",
    "SavesetService/ListSavesets",
    "SavesetService/PreviewRetention",
    "ScheduleService/ListSchedules",
    "ScheduleService/PreviewSchedule",
    "ScheduleService/ReadCalendarFile",
    "ScheduleService/WriteCalendarFile",
    "ServerReflection/ServerReflectionInfo",
    "TaskGroupService/ListTaskGroups",
    "TaskService/ListTasks",
    "TopologyService/ListClients",
    "TopologyService/ListHostKeys",
}
MINE, OTHER = "mine", "other"


@dataclass(frozen=True)
class World:
    """Twice the same things, with names that begin with "mine" and "other"."""

    job: dict[str, str]
    saveset: dict[str, str]
    event: dict[str, str]
    label: dict[str, str]


def populated(agent: AgentRig) -> World:
    call = agent.local.call
    world = World({}, {}, {}, {})
    for side in (MINE, OTHER):
        call("TopologyService/CreateClient", name=f"{side}-client")
        call(
            "TaskService/CreateTask", name=f"{side}-task", client=f"{side}-client", sources=[b"/s"]
        )
        call("MediaService/CreateMediaPool", pool={"name": f"{side}-pool", "drive_group": "Drives"})
        call(
            "TaskGroupService/CreateTaskGroup",
            group={"name": f"{side}-group", "tasks": [f"{side}-task"]},
        )
        add_schedule(agent.local, name=f"{side}-schedule")
        backup = {"task": f"{side}-task", "type": FULL, "pool": f"{side}-pool"}
        event = add_event(
            agent.local, name=f"{side}-event", schedule=f"{side}-schedule", backup=backup
        )
        world.event[side] = event.event_id
        started = call(
            "JobService/StartBackup", task=f"{side}-task", type=FULL, pool=f"{side}-pool"
        )
        job = agent.ended(started.job.job_id)
        world.job[side], world.saveset[side], world.label[side] = job.job_id, job.saveset, job.label
    return world


def scoped(agent: AgentRig, role: Role = Role.ADMIN, **scope: list[str]) -> Caller:
    token = agent.local.call(
        "AccessService/CreateToken", role=convert.ROLES[role], scope=access_pb2.Scope(**scope)
    ).token
    answer = agent.caller(None).call("AccessService/Enrol", token=token, holder="scoped")
    return agent.caller(answer.credential)


def outcome(caller: Caller, name: str, /, **fields: Any) -> str:
    """The reason of a refusal, empty for an answer."""
    try:
        if METHODS[name].server_streaming:
            with caller.stream(name, **fields) as answers:
                next(answers, None)
        else:
            caller.call(name, **fields)
    except grpc.RpcError as error:
        return refusal_of(error).reason
    return ""


def asked(world: World, side: str) -> dict[str, dict[str, Any]]:
    """A request for each call of the table, about one side."""
    task, client, pool = f"{side}-task", f"{side}-client", f"{side}-pool"
    schedule, group, saveset = f"{side}-schedule", f"{side}-group", world.saveset[side]
    backup = {"task": task, "type": FULL, "pool": pool}
    event = {"name": f"{side}-event", "schedule": schedule, "backup": backup}
    schedule_fields = {"name": schedule, "rule": "FREQ=DAILY", "start_time": "22:00"}
    a_pool = {"name": pool, "drive_group": "Drives"}
    return {
        "CalendarService/CancelOccurrence": {"event_id": world.event[side]},
        "ClientFileService/ListClientDirectory": {"client": client, "directory": b"/"},
        "ClientFileService/TestExcludes": {"client": client, "sources": [b"/s"]},
        "EventService/CreateEvent": {"event": {**event, "name": f"{side}-new"}},
        "EventService/UpdateEvent": {"event": event},
        "EventService/DeleteEvent": {"name": f"{side}-event"},
        "FindingService/CompareSavesets": {"before": saveset, "after": saveset},
        "FindingService/FindFiles": {"filter": {"client": client, "task": task, "text": "abc"}},
        "FindingService/GetEntry": {"saveset": saveset, "path": b"/s"},
        "FindingService/ListVersions": {"client": client, "path": b"/s"},
        "FindingService/ReadEntry": {"saveset": saveset, "path": b"/s"},
        "JobService/CancelJob": {"job_id": world.job[side]},
        "JobService/ReadProtocol": {"job_id": world.job[side]},
        "JobService/StartBackup": {"task": task, "type": FULL, "pool": pool},
        "MediaService/AnswerMediaRequest": {"label": world.label[side], "answer": 1},
        "MediaService/CreateMediaPool": {"pool": {**a_pool, "name": f"{side}-new"}},
        "MediaService/UpdateMediaPool": {"pool": a_pool},
        "MediaService/DeleteMediaPool": {"name": pool},
        "MediaService/UpdateMedium": {"medium": {"label": world.label[side], "pool": pool}},
        "MediaService/DeleteMedium": {"label": world.label[side]},
        "SavesetService/DeleteSavesets": {"names": [saveset]},
        "SavesetService/ListEntries": {"saveset": saveset},
        "SavesetService/StartMigration": {"savesets": [saveset], "pool": pool},
        "SavesetService/StartRestore": {"saveset": saveset, "target": b"/t", "dry_run": True},
        "SavesetService/StartRestoreProof": {"saveset": saveset},
        "SavesetService/StartVerify": {"saveset": saveset},
        "SavesetService/UpdateSaveset": {"name": saveset, "eol": "2030-01-01"},
        "ScheduleService/CreateSchedule": {"schedule": {**schedule_fields, "name": f"{side}-n"}},
        "ScheduleService/UpdateSchedule": {"schedule": schedule_fields},
        "ScheduleService/DeleteSchedule": {"name": schedule},
        "TaskGroupService/CreateTaskGroup": {"group": {"name": f"{side}-new", "tasks": [task]}},
        "TaskGroupService/UpdateTaskGroup": {"group": {"name": group, "tasks": [task]}},
        "TaskGroupService/DeleteTaskGroup": {"name": group},
        "TaskService/CreateTask": {"name": f"{side}-new", "client": client, "sources": [b"/n"]},
        "TaskService/UpdateTask": {"name": task},
        "TaskService/DeleteTask": {"name": task},
        "TopologyService/CheckClient": {"name": f"{side}-nobody"},
    }


# The calls of which a limit by itself leaves something, for names that are one's own.
OF_SCHEDULES = {
    "CalendarService/CancelOccurrence",
    "EventService/CreateEvent",
    "EventService/DeleteEvent",
    "EventService/UpdateEvent",
    "ScheduleService/CreateSchedule",
    "ScheduleService/DeleteSchedule",
    "ScheduleService/UpdateSchedule",
}
OF_POOLS = {
    "CalendarService/CancelOccurrence",
    "EventService/CreateEvent",
    "EventService/DeleteEvent",
    "EventService/UpdateEvent",
    "FindingService/CompareSavesets",
    "FindingService/GetEntry",
    "FindingService/ReadEntry",
    "JobService/CancelJob",
    "JobService/ReadProtocol",
    "JobService/StartBackup",
    "MediaService/AnswerMediaRequest",
    "MediaService/CreateMediaPool",
    "MediaService/DeleteMediaPool",
    "MediaService/DeleteMedium",
    "MediaService/UpdateMediaPool",
    "MediaService/UpdateMedium",
    "SavesetService/DeleteSavesets",
    "SavesetService/ListEntries",
    "SavesetService/StartMigration",
    "SavesetService/StartRestore",
    "SavesetService/StartRestoreProof",
    "SavesetService/StartVerify",
    "SavesetService/UpdateSaveset",
}
OF_CLIENTS = set(ACTS) - {
    "MediaService/AnswerMediaRequest",
    "MediaService/CreateMediaPool",
    "MediaService/DeleteMediaPool",
    "MediaService/DeleteMedium",
    "MediaService/UpdateMediaPool",
    "MediaService/UpdateMedium",
    "ScheduleService/CreateSchedule",
    "ScheduleService/DeleteSchedule",
    "ScheduleService/UpdateSchedule",
}
OF_TASKS = OF_CLIENTS - {
    "ClientFileService/ListClientDirectory",
    "ClientFileService/TestExcludes",
    "FindingService/ListVersions",
    "TopologyService/CheckClient",
}


def test_every_call_is_thought_of() -> None:
    changing = {
        name for name, method in METHODS.items() if "request_id" in method.input_type.fields_by_name
    }
    assert set(ACTS) <= set(METHODS)
    assert set(ALLOWED) - changing - set(ACTS) == FOR_ALL & set(METHODS)
    assert not FOR_ALL & (changing | set(ACTS))


@pytest.mark.parametrize(
    ("limit", "own"),
    [
        ("clients", OF_CLIENTS),
        ("tasks", OF_TASKS),
        ("pools", OF_POOLS),
        ("schedules", OF_SCHEDULES),
    ],
)
def test_a_limited_caller_acts_on_its_own_and_on_nothing_else(
    agent: AgentRig, limit: str, own: set[str]
) -> None:
    world = populated(agent)
    caller = scoped(agent, **{limit: ["mine-*"]})
    outside = {
        name: outcome(caller, name, **fields) for name, fields in asked(world, OTHER).items()
    }
    assert set(outside) == set(ACTS)
    assert set(outside.values()) == {"OUT_OF_SCOPE"}, outside
    inside = {name: outcome(caller, name, **fields) for name, fields in asked(world, MINE).items()}
    refused = {name for name, reason in inside.items() if reason == "OUT_OF_SCOPE"}
    assert set(ACTS) - refused == own


def test_what_belongs_to_the_location_is_refused(agent: AgentRig) -> None:
    changing = {
        name
        for name in ALLOWED
        if "request_id" in METHODS[name].input_type.fields_by_name and name not in ACTS
    }
    for limit in ("clients", "tasks", "pools", "schedules"):
        caller = scoped(agent, **{limit: ["*"]})
        assert {outcome(caller, name) for name in changing} == {"OUT_OF_SCOPE"}
    assert {"AccessService/CreateToken", "TopologyService/CreateClient"} <= changing


def test_lists_show_all(agent: AgentRig) -> None:
    world = populated(agent)
    caller = scoped(agent, Role.MONITOR, clients=["mine-*"])
    savesets = caller.call("SavesetService/ListSavesets").savesets
    assert {each.name for each in savesets} == set(world.saveset.values())
    refusal = caller.refused("SavesetService/ListEntries", saveset=world.saveset[OTHER])
    assert refusal.metadata == {"limit": "client", "name": "other-client", "allowed": "mine-*"}


def test_a_restore_to_another_client_needs_both(agent: AgentRig) -> None:
    world = populated(agent)
    caller = scoped(agent, Role.RESTORE, clients=["mine-*"])
    order = {"saveset": world.saveset[MINE], "target": b"/t", "dry_run": True}
    caller.call("SavesetService/StartRestore", **order)
    refusal = caller.refused("SavesetService/StartRestore", client="other-client", **order)
    assert (refusal.reason, refusal.metadata["name"]) == ("OUT_OF_SCOPE", "other-client")


def test_one_of_many_savesets_outside_is_enough(agent: AgentRig) -> None:
    world = populated(agent)
    caller = scoped(agent, clients=["mine-*"])
    names = [world.saveset[MINE], world.saveset[OTHER]]
    assert caller.refused("SavesetService/DeleteSavesets", names=names).reason == "OUT_OF_SCOPE"
    assert len(agent.local.call("SavesetService/ListSavesets").savesets) == 2


def test_a_chain_of_events_is_within_the_scope_to_its_end(agent: AgentRig) -> None:
    populated(agent)
    caller = scoped(agent, tasks=["mine-*"])
    event = {
        "name": "mine-new",
        "schedule": "mine-schedule",
        "backup": {"task": "mine-task", "type": FULL},
        "follow_up": "other-event",
    }
    assert caller.refused("EventService/CreateEvent", event=event).reason == "OUT_OF_SCOPE"
    event["follow_up"] = "nobody"
    assert caller.refused("EventService/CreateEvent", event=event).reason == "EVENT_NOT_FOUND"
    event |= {"follow_up": "", "blocking": True}
    assert caller.refused("EventService/CreateEvent", event=event).reason == "OUT_OF_SCOPE"
    event["blocking"] = False
    caller.call("EventService/CreateEvent", event=event)


@pytest.mark.parametrize(
    ("event", "limit"),
    [
        ({"command": {"program": "x"}}, "tasks"),
        ({"migration": {"source_pool": "mine-pool", "pool": "other-pool"}}, "pools"),
        ({"backup": {"group": "other-group", "type": FULL}}, "tasks"),
        ({"verify": {"task": "other-task"}}, "clients"),
        ({"restore": {"task": "other-task", "target": b"/t"}}, "clients"),
        ({"restore_proof": {"task": "other-task"}}, "clients"),
    ],
)
def test_events_of_every_kind(agent: AgentRig, event: dict[str, Any], limit: str) -> None:
    populated(agent)
    caller = scoped(agent, **{limit: ["mine-*"]})
    new = {"name": "mine-new", "schedule": "mine-schedule", **event}
    assert caller.refused("EventService/CreateEvent", event=new).reason == "OUT_OF_SCOPE"


def test_a_task_whose_name_is_ones_own_at_another_client(agent: AgentRig) -> None:
    populated(agent)
    caller = scoped(agent, tasks=["mine-*"], clients=["mine-*"])
    new = {"name": "mine-new", "sources": [b"/n"]}
    refusal = caller.refused("TaskService/CreateTask", client="other-client", **new)
    assert (refusal.reason, refusal.metadata["limit"]) == ("OUT_OF_SCOPE", "client")
    caller.call("TaskService/CreateTask", client="mine-client", **new)


def test_what_is_not_there_is_said_to_be_not_there(agent: AgentRig) -> None:
    caller = scoped(agent, clients=["mine-*"])
    asks: list[tuple[str, dict[str, Any], str]] = [
        ("JobService/CancelJob", {"job_id": "99"}, "JOB_NOT_FOUND"),
        ("JobService/StartBackup", {"task": "nobody", "type": FULL}, "TASK_NOT_FOUND"),
        ("SavesetService/StartVerify", {"saveset": "nobody"}, "SAVESET_NOT_FOUND"),
        ("EventService/DeleteEvent", {"name": "nobody"}, "EVENT_NOT_FOUND"),
    ]
    assert [outcome(caller, name, **fields) for name, fields, _ in asks] == [
        reason for *_, reason in asks
    ]


def test_a_token_for_many_whose_credentials_end(agent: AgentRig) -> None:
    made = agent.local.call(
        "AccessService/CreateToken",
        role=access_pb2.ROLE_OPERATOR,
        scope=access_pb2.Scope(clients=["a*"], pools=["DISK"]),
        uses=2,
        credential_life=Duration(seconds=3600),
        comment="for the night shift",
    )
    nobody = agent.caller(None)

    def enrol() -> Caller:
        return agent.caller(
            nobody.call("AccessService/Enrol", token=made.token, holder="desk").credential
        )

    first, second = enrol(), enrol()
    assert (
        nobody.refused("AccessService/Enrol", token=made.token, holder="x").reason == "TOKEN_USED"
    )
    for caller in (first, second):
        caller.call("LocationService/GetLocation")
    [token] = agent.local.call("AccessService/ListTokens").tokens
    assert (token.token_id, token.uses, token.used) == (made.token_id, 2, 2)
    assert (token.comment, token.made_by) == ("for the night shift", "local")
    assert token.scope == access_pb2.Scope(clients=["a*"], pools=["DISK"])
    one, two = agent.local.call("AccessService/ListCredentials").credentials
    assert one.scope == two.scope == token.scope
    assert one.expire_time.ToDatetime() - one.create_time.ToDatetime() == timedelta(hours=1)
    agent.clock.advance(timedelta(hours=1))
    assert first.refused("LocationService/GetLocation").reason == "NOT_AUTHENTICATED"


def test_a_revoked_token_lets_nobody_in_and_its_credentials_stay(agent: AgentRig) -> None:
    made = agent.local.call("AccessService/CreateToken", role=access_pb2.ROLE_ADMIN, uses=2)
    nobody = agent.caller(None)
    given = nobody.call("AccessService/Enrol", token=made.token, holder="desk").credential
    revoked = agent.local.call("AccessService/RevokeToken", token_id=made.token_id).token
    assert revoked.HasField("revoke_time")
    refusal = nobody.refused("AccessService/Enrol", token=made.token, holder="desk")
    assert (refusal.reason, list(refusal.metadata)) == ("TOKEN_REVOKED", ["revoke_time"])
    agent.caller(given).call("LocationService/GetLocation")
    assert agent.local.refused("AccessService/RevokeToken", token_id="x").reason == (
        "TOKEN_NOT_FOUND"
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"uses": -1}, "uses"),
        ({"uses": 1001}, "uses"),
        ({"credential_life": Duration(seconds=59)}, "credential_life"),
        ({"credential_life": Duration(seconds=2**60)}, "credential_life"),
        ({"scope": access_pb2.Scope(clients=[""])}, "scope.clients"),
        ({"scope": access_pb2.Scope(pools=["a\nb"])}, "scope.pools"),
        ({"scope": access_pb2.Scope(tasks=["x" * 201])}, "scope.tasks"),
        ({"scope": access_pb2.Scope(schedules=["x"] * 101)}, "scope.schedules"),
        ({"comment": "a\nb"}, "comment"),
    ],
)
def test_terms_that_cannot_be(agent: AgentRig, fields: dict[str, Any], field: str) -> None:
    refusal = agent.local.refused("AccessService/CreateToken", role=1, **fields)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", field)
