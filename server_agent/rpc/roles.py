"""Who may call what. A method that does not stand here is refused to everybody."""

from collections.abc import Mapping

from server_agent.domain.access import EVERY_ROLE, Role

_ADMIN = frozenset({Role.ADMIN})

# Exchanges a token for a credential, so its caller has none yet.
WITHOUT_CREDENTIAL = frozenset({"AccessService/Enrol"})

ALLOWED: Mapping[str, frozenset[Role]] = {
    "AccessService/CreateToken": _ADMIN,
    "AccessService/ListCredentials": _ADMIN,
    "AccessService/RevokeCredential": _ADMIN,
    "CalendarService/ListCalendar": EVERY_ROLE,
    "CalendarService/GetCalendarSheet": EVERY_ROLE,
    # As for jobs, it depends on the kind of what is taken back.
    "CalendarService/CancelOccurrence": EVERY_ROLE - {Role.MONITOR},
    "DriveService/CreateDrive": _ADMIN,
    "DriveService/UpdateDrive": _ADMIN,
    "DriveService/DeleteDrive": _ADMIN,
    "DriveService/ListDrives": EVERY_ROLE,
    "EventService/CreateEvent": _ADMIN,
    "EventService/UpdateEvent": _ADMIN,
    "EventService/DeleteEvent": _ADMIN,
    "EventService/ListEvents": EVERY_ROLE,
    "JobService/StartBackup": frozenset({Role.ADMIN, Role.OPERATOR, Role.BACKUP}),
    # Which jobs a role may cancel depends on their kind: service.jobs.
    "JobService/CancelJob": EVERY_ROLE - {Role.MONITOR},
    "JobService/GetJob": EVERY_ROLE,
    "JobService/ListJobs": EVERY_ROLE,
    "JobService/ListJobGroups": EVERY_ROLE,
    "JobService/WatchJob": EVERY_ROLE,
    "JobService/ReadProtocol": EVERY_ROLE,
    "LocationService/GetLocation": EVERY_ROLE,
    "LocationService/Watch": EVERY_ROLE,
    "SavesetService/ListSavesets": EVERY_ROLE,
    "SavesetService/GetSaveset": EVERY_ROLE,
    "SavesetService/ListEntries": EVERY_ROLE,
    "SavesetService/StartRestore": frozenset({Role.ADMIN, Role.OPERATOR, Role.RESTORE}),
    "ScheduleService/CreateSchedule": _ADMIN,
    "ScheduleService/UpdateSchedule": _ADMIN,
    "ScheduleService/DeleteSchedule": _ADMIN,
    "ScheduleService/ListSchedules": EVERY_ROLE,
    "ScheduleService/PreviewSchedule": EVERY_ROLE,
    "ScheduleService/ReadCalendarFile": EVERY_ROLE,
    "ScheduleService/WriteCalendarFile": EVERY_ROLE,
    "TaskGroupService/CreateTaskGroup": _ADMIN,
    "TaskGroupService/UpdateTaskGroup": _ADMIN,
    "TaskGroupService/DeleteTaskGroup": _ADMIN,
    "TaskGroupService/ListTaskGroups": EVERY_ROLE,
    "TaskService/CreateTask": _ADMIN,
    "TaskService/UpdateTask": _ADMIN,
    "TaskService/DeleteTask": _ADMIN,
    "TaskService/ListTasks": EVERY_ROLE,
    "TopologyService/CreateClient": _ADMIN,
    "TopologyService/UpdateClient": _ADMIN,
    "TopologyService/DeleteClient": _ADMIN,
    "TopologyService/ListClients": EVERY_ROLE,
}
