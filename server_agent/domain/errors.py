"""Why the agent refuses something. Each class is one reason of `errors.proto`.

DomainError
├── InvalidArgument        a value that cannot be used
├── WrongLocation          meant for another location
├── RequestIdRequired, RequestIdReused
├── NotAuthenticated, RoleRequired
├── NotFound
│   ├── ClientNotFound, TaskNotFound, JobNotFound, SavesetNotFound, PathNotFound
│   ├── ScheduleNotFound, EventNotFound, GroupNotFound, DriveNotFound
│   └── StoreNotFound, PoolNotFound, MediumNotFound, LoaderNotFound, PartNotFound, ServiceNotFound
├── AlreadyExists
├── ClientInUse, TaskInUse, ScheduleInUse, EventInUse, GroupInUse, DriveInUse
├── StoreInUse, PoolInUse, MediumInUse
├── NewdayNeeded, TaskNeeded, SavesetNeeded, ClientLocked, ClientUnusable
├── StoreUnusable, MediumNotWanted, MediumAway, LoaderFailed
├── ChangedMeanwhile, JobEnded, OccurrenceNotPlanned
├── PageTokenInvalid, WatchOverflow
├── SavesetDamaged, SavesetUnreadable, ListingUnreadable
├── LicenceNeeded, LicenceRefused
├── ShuttingDown
├── NoSpace
└── those of `access_errors`
"""

import errno
from typing import ClassVar

from server_agent.domain.quoting import printable, shortened


class DomainError(Exception):
    """A refusal with a reason that programs read and the input that it is about.

    Attributes:
        reason: name in `errors.proto` without its prefix.
        metadata: the input concerned; text only.
    """

    reason: ClassVar[str]

    def __init__(self, **metadata: object) -> None:
        self.metadata = {key: str(value) for key, value in metadata.items()}
        details = ", ".join(f"{key}={value}" for key, value in self.metadata.items())
        super().__init__(f"{self.reason}: {details}" if details else self.reason)


class InvalidArgument(DomainError):
    """Metadata: field, value, expected."""

    reason = "INVALID_ARGUMENT"


class WrongLocation(DomainError):
    """Metadata: asked, here."""

    reason = "WRONG_LOCATION"


class RequestIdRequired(DomainError):
    """A change without a request id, or with one that is not a UUID."""

    reason = "REQUEST_ID_REQUIRED"


class RequestIdReused(DomainError):
    """Metadata: method."""

    reason = "REQUEST_ID_REUSED"


class NotAuthenticated(DomainError):
    """No credential, or none that is in force."""

    reason = "NOT_AUTHENTICATED"


class RoleRequired(DomainError):
    """Metadata: role, allowed."""

    reason = "ROLE_REQUIRED"


class NotFound(DomainError):
    """Something named does not exist. Only a path may be as long as it likes."""

    reason = "INVALID_ARGUMENT"

    def __init__(self, **metadata: object) -> None:
        super().__init__(
            **{
                key: value if key == "path" else shortened(str(value))
                for key, value in metadata.items()
            }
        )


class ClientNotFound(NotFound):
    """Metadata: client."""

    reason = "CLIENT_NOT_FOUND"


class TaskNotFound(NotFound):
    """Metadata: task."""

    reason = "TASK_NOT_FOUND"


class JobNotFound(NotFound):
    """Metadata: job."""

    reason = "JOB_NOT_FOUND"


class SavesetNotFound(NotFound):
    """Metadata: saveset."""

    reason = "SAVESET_NOT_FOUND"


class PathNotFound(NotFound):
    """Metadata: saveset, path."""

    reason = "PATH_NOT_FOUND"


class ScheduleNotFound(NotFound):
    """Metadata: schedule."""

    reason = "SCHEDULE_NOT_FOUND"


class EventNotFound(NotFound):
    """Metadata: event."""

    reason = "EVENT_NOT_FOUND"


class GroupNotFound(NotFound):
    """Metadata: group."""

    reason = "GROUP_NOT_FOUND"


class DriveNotFound(NotFound):
    """Metadata: drive."""

    reason = "DRIVE_NOT_FOUND"


class StoreNotFound(NotFound):
    """Metadata: store."""

    reason = "STORE_NOT_FOUND"


class PoolNotFound(NotFound):
    """Metadata: pool."""

    reason = "POOL_NOT_FOUND"


class MediumNotFound(NotFound):
    """Metadata: medium."""

    reason = "MEDIUM_NOT_FOUND"


class AlreadyExists(DomainError):
    """Metadata: kind, name."""

    reason = "ALREADY_EXISTS"


class ClientInUse(DomainError):
    """Metadata: client, tasks."""

    reason = "CLIENT_IN_USE"


class TaskInUse(DomainError):
    """Metadata: task, job."""

    reason = "TASK_IN_USE"


class ScheduleInUse(DomainError):
    """Metadata: schedule, events."""

    reason = "SCHEDULE_IN_USE"


class EventInUse(DomainError):
    """Metadata: event, events (that have it as their follow-up)."""

    reason = "EVENT_IN_USE"


class GroupInUse(DomainError):
    """Metadata: group, events."""

    reason = "GROUP_IN_USE"


class DriveInUse(DomainError):
    """Metadata: drive, users."""

    reason = "DRIVE_IN_USE"


class StoreInUse(DomainError):
    """Metadata: store, users (media and drives)."""

    reason = "STORE_IN_USE"


class PoolInUse(DomainError):
    """Metadata: pool, users (media, events and jobs)."""

    reason = "POOL_IN_USE"


class MediumInUse(DomainError):
    """Metadata: medium, users."""

    reason = "MEDIUM_IN_USE"


class StoreUnusable(DomainError):
    """A directory that cannot be a data store. Metadata: path, detail."""

    reason = "STORE_UNUSABLE"


class MediumNotWanted(DomainError):
    """No job waits for it, or not any more. Metadata: medium."""

    reason = "MEDIUM_NOT_WANTED"


class MediumAway(DomainError):
    """It was said to be in its place, and is not. Metadata: medium, detail."""

    reason = "MEDIUM_AWAY"


class LoaderNotFound(NotFound):
    """Metadata: loader."""

    reason = "LOADER_NOT_FOUND"


class LoaderFailed(DomainError):
    """It cannot be used. Metadata: loader, detail."""

    reason = "LOADER_FAILED"


class SavesetNeeded(DomainError):
    """Metadata: saveset, users (what builds on it, works with it or protects it)."""

    reason = "SAVESET_NEEDED"


class ClientLocked(DomainError):
    """It is not backed up until it is unlocked. Metadata: client."""

    reason = "CLIENT_LOCKED"


class ClientUnusable(DomainError):
    """It cannot be reached, or not be used. Metadata: client, detail."""

    reason = "CLIENT_UNUSABLE"


class NewdayNeeded(DomainError):
    """Metadata: kind, name."""

    reason = "NEWDAY_NEEDED"


class TaskNeeded(DomainError):
    """Metadata: task, users (events and groups that name it)."""

    reason = "TASK_NEEDED"


class OccurrenceNotPlanned(DomainError):
    """Metadata: event, planned_time (empty: none at all)."""

    reason = "OCCURRENCE_NOT_PLANNED"


class ChangedMeanwhile(DomainError):
    """Metadata: kind, name."""

    reason = "CHANGED_MEANWHILE"


class JobEnded(DomainError):
    """Metadata: job, state."""

    reason = "JOB_ENDED"


class PageTokenInvalid(DomainError):
    """The token is of another list, order or filter."""

    reason = "PAGE_TOKEN_INVALID"


class WatchOverflow(DomainError):
    """The watcher reads more slowly than the location changes."""

    reason = "WATCH_OVERFLOW"


class SavesetDamaged(DomainError):
    """Metadata: saveset, detail."""

    reason = "SAVESET_DAMAGED"


class ListingUnreadable(DomainError):
    """It cannot be read just now, which proves no damage. Metadata: saveset, detail."""

    reason = "LISTING_UNREADABLE"


class SavesetUnreadable(DomainError):
    """Its data cannot be read just now, which proves no damage. Metadata: saveset, detail."""

    reason = "SAVESET_UNREADABLE"


class PartNotFound(NotFound):
    """No part of the agent that can begin again by itself. Metadata: part, expected."""

    reason = "PART_NOT_FOUND"


class ServiceNotFound(NotFound):
    """Of the health check. Metadata: service."""

    reason = "SERVICE_NOT_FOUND"


class LogNotFound(NotFound):
    """No such log of that day. Metadata: log (its kind, or the name of the part), sesam_day."""

    reason = "LOG_NOT_FOUND"


class LicenceNeeded(DomainError):
    """No backup starts without one that counts. Metadata: state, detail."""

    reason = "LICENCE_NEEDED"


class LicenceRefused(DomainError):
    """It does not count here. Metadata: detail, and each field that differs with what it says and
    what is so here."""

    reason = "LICENCE_REFUSED"


class ShuttingDown(DomainError):
    """The agent stops and takes no new work."""

    reason = "SHUTTING_DOWN"


class NoSpace(DomainError):
    """The agent's own disk is full. Metadata: place."""

    reason = "NO_SPACE"


def no_space(error: BaseException, place: str = "the agent's own files") -> NoSpace | None:
    """The error as NoSpace if a full disk or an exhausted quota is what it says.

    Args:
        place: where it was if the error does not say it: a failed write names no file.
    """
    if isinstance(error, NoSpace):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        named = error.filename or place
        return NoSpace(place=printable(named if isinstance(named, str | bytes) else str(named)))
    return None
