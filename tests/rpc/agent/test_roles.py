"""Who may call what: every method of every service, with every role, no credential and a revoked
one, and on the Unix socket."""

from datetime import timedelta

import grpc
import pytest

from server_agent.domain.access import EVERY_ROLE, Role
from server_agent.rpc.roles import ALLOWED, WITHOUT_CREDENTIAL
from tests.rpc.agent.rig import METHODS, AgentRig, Caller, refusal_of

ADMIN = {Role.ADMIN}
ALL = set(EVERY_ROLE)
# Written out a second time on purpose: what the protos say, not what the table says.
EXPECTED: dict[str, set[Role]] = {
    "AccessService/CreateToken": ADMIN,
    "AccessService/DecideApproval": ADMIN,
    "AccessService/EnrolOtp": ADMIN,
    "AccessService/GetAccessRules": ALL,
    "AccessService/ListApprovals": ADMIN,
    "AccessService/ListCredentials": ADMIN,
    "AccessService/ListLockOuts": ADMIN,
    "AccessService/ListTokens": ADMIN,
    "AccessService/RemoveOtp": ADMIN,
    "AccessService/RevokeCredential": ADMIN,
    "AccessService/RevokeToken": ADMIN,
    "AccessService/SetAccessRules": ADMIN,
    "AgentService/GetAgent": ALL,
    "AgentService/RestartPart": ADMIN,
    "AgentService/StopAgent": ADMIN,
    "CalendarService/ListCalendar": ALL,
    "CalendarService/GetCalendarSheet": ALL,
    "CalendarService/CancelOccurrence": {Role.ADMIN, Role.OPERATOR, Role.BACKUP, Role.RESTORE},
    "ClientFileService/ListClientDirectory": ADMIN,
    "ClientFileService/TestExcludes": ADMIN,
    "DriveService/CreateDrive": ADMIN,
    "DriveService/UpdateDrive": ADMIN,
    "DriveService/DeleteDrive": ADMIN,
    "DriveService/ListDrives": ALL,
    "EventService/CreateEvent": ADMIN,
    "EventService/UpdateEvent": ADMIN,
    "EventService/DeleteEvent": ADMIN,
    "EventService/ListEvents": ALL,
    "FindingService/FindFiles": ALL,
    "FindingService/ListVersions": ALL,
    "FindingService/CompareSavesets": ALL,
    "FindingService/GetEntry": ALL,
    "Health/Watch": ALL,
    "HistoryService/ListStoreHistory": ALL,
    "HistoryService/ListGrowth": ALL,
    "FindingService/ReadEntry": {Role.ADMIN, Role.OPERATOR, Role.RESTORE},
    "JobService/StartBackup": {Role.ADMIN, Role.OPERATOR, Role.BACKUP},
    "JobService/CancelJob": {Role.ADMIN, Role.OPERATOR, Role.BACKUP, Role.RESTORE},
    "JobService/GetJob": ALL,
    "JobService/ListJobs": ALL,
    "JobService/ListJobGroups": ALL,
    "JobService/WatchJob": ALL,
    "JobService/ReadProtocol": ALL,
    "LicenceService/GetLicence": ALL,
    "LicenceService/InstallLicence": ADMIN,
    "LicenceService/GetLicenceOrder": ALL,
    "LoaderService/CreateLoader": ADMIN,
    "LoaderService/UpdateLoader": ADMIN,
    "LoaderService/DeleteLoader": ADMIN,
    "LoaderService/ListLoaders": ALL,
    "LoaderService/AdjustLoader": {Role.ADMIN, Role.OPERATOR},
    "LoaderService/LoadMedium": {Role.ADMIN, Role.OPERATOR},
    "LoaderService/UnloadMedium": {Role.ADMIN, Role.OPERATOR},
    "LocationService/GetLocation": ALL,
    "LocationService/ListInterfaces": ALL,
    "LocationService/Watch": ALL,
    "LogService/ListLogs": ALL,
    "LogService/ReadLog": ALL,
    "LogService/SearchLogs": ALL,
    "LogService/FollowLog": ALL,
    "MediaService/CreateDataStore": ADMIN,
    "MediaService/UpdateDataStore": ADMIN,
    "MediaService/DeleteDataStore": ADMIN,
    "MediaService/ListDataStores": ALL,
    "MediaService/CreateMediaPool": ADMIN,
    "MediaService/UpdateMediaPool": ADMIN,
    "MediaService/DeleteMediaPool": ADMIN,
    "MediaService/ListMediaPools": ALL,
    "MediaService/UpdateMedium": ADMIN,
    "MediaService/DeleteMedium": ADMIN,
    "MediaService/ListMedia": ALL,
    "MediaService/ListMediaRequests": ALL,
    "MediaService/AnswerMediaRequest": {Role.ADMIN, Role.OPERATOR},
    "SavesetService/ListSavesets": ALL,
    "SavesetService/GetSaveset": ALL,
    "SavesetService/ListEntries": ALL,
    "SavesetService/StartRestore": {Role.ADMIN, Role.OPERATOR, Role.RESTORE},
    "SavesetService/UpdateSaveset": ADMIN,
    "SavesetService/DeleteSavesets": ADMIN,
    "SavesetService/PreviewRetention": ALL,
    "SavesetService/StartVerify": {Role.ADMIN, Role.OPERATOR},
    "SavesetService/StartMigration": {Role.ADMIN, Role.OPERATOR},
    "SavesetService/StartRestoreProof": {Role.ADMIN, Role.OPERATOR},
    "ServerReflection/ServerReflectionInfo": ALL,
    "ScheduleService/CreateSchedule": ADMIN,
    "ScheduleService/UpdateSchedule": ADMIN,
    "ScheduleService/DeleteSchedule": ADMIN,
    "ScheduleService/ListSchedules": ALL,
    "ScheduleService/PreviewSchedule": ALL,
    "ScheduleService/ReadCalendarFile": ALL,
    "ScheduleService/WriteCalendarFile": ALL,
    "TaskGroupService/CreateTaskGroup": ADMIN,
    "TaskGroupService/UpdateTaskGroup": ADMIN,
    "TaskGroupService/DeleteTaskGroup": ADMIN,
    "TaskGroupService/ListTaskGroups": ALL,
    "TaskService/CreateTask": ADMIN,
    "TaskService/UpdateTask": ADMIN,
    "TaskService/DeleteTask": ADMIN,
    "TaskService/ListTasks": ALL,
    "TopologyService/CreateClient": ADMIN,
    "TopologyService/UpdateClient": ADMIN,
    "TopologyService/DeleteClient": ADMIN,
    "TopologyService/ListClients": ALL,
    "TopologyService/ListHostKeys": ADMIN,
    "TopologyService/CheckClient": {Role.ADMIN, Role.OPERATOR},
}


def reason(caller: Caller, method: str) -> str:
    """Why an empty request is refused; empty if it is not."""
    try:
        if METHODS[method].server_streaming:
            with caller.stream(method) as answers:
                next(answers)
        else:
            caller.call(method)
    except grpc.RpcError as error:
        return refusal_of(error).reason
    return ""


def test_the_table_has_every_method() -> None:
    assert set(ALLOWED) | WITHOUT_CREDENTIAL == set(METHODS)
    assert not set(ALLOWED) & WITHOUT_CREDENTIAL
    assert {method: set(roles) for method, roles in ALLOWED.items()} == EXPECTED


@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_contract_says(agent: AgentRig, role: Role) -> None:
    caller = agent.enrolled(role)
    refused = {method for method in EXPECTED if reason(caller, method) == "ROLE_REQUIRED"}
    assert refused == {method for method, roles in EXPECTED.items() if role not in roles}


def test_a_refused_role_is_told_which_would_do(agent: AgentRig) -> None:
    refusal = agent.enrolled(Role.MONITOR).refused("JobService/StartBackup", task="docs")
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    assert refusal.metadata == {"role": "monitor", "allowed": "admin, backup, operator"}


@pytest.mark.parametrize("credential", [None, "", "two words"])
def test_nobody_may_anything_but_enrol(agent: AgentRig, credential: str | None) -> None:
    caller = agent.caller(credential)
    reasons = {method: reason(caller, method) for method in METHODS}
    assert reasons.pop("AccessService/Enrol") == "INVALID_ARGUMENT"
    assert reasons.pop("Health/Check") == ""  # it says nothing but whether the agent is well
    assert set(reasons.values()) == {"NOT_AUTHENTICATED"}
    refusal = caller.refused("LocationService/GetLocation")
    assert refusal.code is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.logs_warnings
def test_a_credential_that_is_none_may_nothing(agent: AgentRig) -> None:
    caller = agent.caller("sesam_unknown")
    for method in EXPECTED:
        # Time for the failures before to be forgotten: it is about the methods here.
        agent.clock.advance(timedelta(minutes=11))
        assert reason(caller, method) == "NOT_AUTHENTICATED", method


def test_a_revoked_credential_may_nothing(agent: AgentRig) -> None:
    caller = agent.enrolled(Role.ADMIN)
    caller.call("LocationService/GetLocation")
    [given] = agent.local.call("AccessService/ListCredentials").credentials
    agent.local.call("AccessService/RevokeCredential", credential_id=given.credential_id)
    assert {reason(caller, method) for method in EXPECTED} == {"NOT_AUTHENTICATED"}


def test_the_agents_own_user_is_admin(agent: AgentRig) -> None:
    reasons = {method: reason(agent.local, method) for method in METHODS}
    assert not {"NOT_AUTHENTICATED", "ROLE_REQUIRED"} & set(reasons.values())
    mode = agent.endpoint.socket.stat().st_mode & 0o777
    assert mode == 0o600
