"""Events: what a schedule starts.

Each kind is a file of its own with its action: what such an event needs to know, and what of it can
be checked without the catalogue.
"""

from server_agent.domain.events.backup import BackupAction
from server_agent.domain.events.command import CommandAction
from server_agent.domain.events.event import (
    NEWDAY,
    Action,
    Event,
    EventKind,
    checked_event,
    is_of_group,
    kind_of,
    rank,
)
from server_agent.domain.events.migration import MigrationAction
from server_agent.domain.events.newday import NewdayAction
from server_agent.domain.events.restore import RestoreAction
from server_agent.domain.events.restore_proof import (
    USUAL_BYTES,
    USUAL_FILES,
    RestoreProofAction,
)
from server_agent.domain.events.verify import VerifyAction

__all__ = [
    "NEWDAY",
    "USUAL_BYTES",
    "USUAL_FILES",
    "Action",
    "BackupAction",
    "CommandAction",
    "Event",
    "EventKind",
    "MigrationAction",
    "NewdayAction",
    "RestoreAction",
    "RestoreProofAction",
    "VerifyAction",
    "checked_event",
    "is_of_group",
    "kind_of",
    "rank",
]
