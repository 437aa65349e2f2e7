"""What all events have in common."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events.backup import BackupAction
from server_agent.domain.events.command import CommandAction
from server_agent.domain.events.migration import MigrationAction
from server_agent.domain.events.newday import NewdayAction
from server_agent.domain.events.restore import RestoreAction
from server_agent.domain.events.restore_proof import RestoreProofAction
from server_agent.domain.events.verify import VerifyAction
from server_agent.domain.topology import checked_name

NEWDAY = "NEWDAY"  # name of the predefined event and of its schedule
Action = (
    BackupAction
    | RestoreAction
    | CommandAction
    | NewdayAction
    | VerifyAction
    | MigrationAction
    | RestoreProofAction
)
_HIGHEST = 99


class EventKind(StrEnum):
    BACKUP = "backup"
    RESTORE = "restore"
    COMMAND = "command"
    NEWDAY = "newday"
    VERIFY = "verify"
    MIGRATION = "migration"
    RESTORE_PROOF = "restore_proof"


_KINDS: dict[type[Action], EventKind] = {
    BackupAction: EventKind.BACKUP,
    RestoreAction: EventKind.RESTORE,
    CommandAction: EventKind.COMMAND,
    NewdayAction: EventKind.NEWDAY,
    VerifyAction: EventKind.VERIFY,
    MigrationAction: EventKind.MIGRATION,
    RestoreProofAction: EventKind.RESTORE_PROOF,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is started at planned times.

    Attributes:
        id: unique in the location for ever, digits; a name may be given again to another event.
        schedule: name of the schedule that starts it; empty for an immediate start, which is an
            event with one time of its own.
        start_time: of an immediate start, when it is planned.
        priority: 1 lowest to 99 highest; 0 is above all of them and is never blocked.
        blocking: holds off events of its kind with a lower priority in its schedule's window.
        follow_up: name of the event that is started when this one has ended well; empty for none.
        change_time: nothing is planned before it.
        made_by: of an immediate start the holder of the credential.
        version: counts its changes.
    """

    id: str
    name: str
    action: Action
    schedule: str
    change_time: datetime
    start_time: datetime | None = None
    priority: int = 1
    blocking: bool = False
    active: bool = True
    follow_up: str = ""
    comment: str = ""
    made_by: str = ""
    version: int = 1


def kind_of(event: Event) -> EventKind:
    return _KINDS[type(event.action)]


def is_of_group(event: Event, group: str) -> bool:
    """Whether it is about that task group."""
    return isinstance(event.action, BackupAction) and event.action.group == group


def rank(priority: int) -> int:
    """Sorts priorities: the higher, the more important; 0 above all (manual, "Events")."""
    return priority or _HIGHEST + 1


def checked_event(event: Event) -> Event:
    """The event itself, or InvalidArgument that names the field."""
    checked_name("name", event.name)
    if not 0 <= event.priority <= _HIGHEST:
        raise InvalidArgument(
            field="priority",
            value=event.priority,
            expected="a number from 1, the lowest, to 99, or 0 for above all and never blocked",
        )
    if event.follow_up == event.name:
        raise InvalidArgument(
            field="follow_up", value=event.follow_up, expected="the name of another event"
        )
    event.action.checked()
    return event
