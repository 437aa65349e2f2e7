"""What the service needs from outside, each with its contract.

Every port has a contract suite in `tests/contract` that runs over the fake and the real thing.
All methods block and may be called from any thread unless one says otherwise.
"""

from server_agent.ports.catalogue import (
    MEDIA_KEY,
    Answer,
    Catalogue,
    CatalogueTransaction,
    CatalogueView,
    ChangesSince,
    JobGroup,
    JobGrouping,
    JobQuery,
    ObjectKey,
    ObjectKind,
    Page,
    SavesetQuery,
)
from server_agent.ports.clock import (
    Clock,
)
from server_agent.ports.engine import (
    Cancelled,
    Control,
    Engine,
    EngineError,
    Entry,
    EntryKind,
    EntryPage,
)
from server_agent.ports.media import Holding, Removal
from server_agent.ports.planning import (
    Cell,
    CellKey,
    Past,
    PastKey,
    PlanningTransaction,
    PlanningView,
)
from server_agent.ports.protocols import (
    Protocols,
    ProtocolWriter,
)
from server_agent.ports.transfers import (
    COMMANDS_DIRECTORY,
    BackupDone,
    BackupEvent,
    BackupRequest,
    CommandSource,
    Compressed,
    Interrupted,
    Message,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
    StoreSpace,
    Verified,
    VerifyEvent,
    VerifyRequest,
)

__all__ = [
    "COMMANDS_DIRECTORY",
    "MEDIA_KEY",
    "Answer",
    "BackupDone",
    "BackupEvent",
    "BackupRequest",
    "Cancelled",
    "Catalogue",
    "CatalogueTransaction",
    "CatalogueView",
    "Cell",
    "CellKey",
    "ChangesSince",
    "Clock",
    "CommandSource",
    "Compressed",
    "Control",
    "Engine",
    "EngineError",
    "Entry",
    "EntryKind",
    "EntryPage",
    "Holding",
    "Interrupted",
    "JobGroup",
    "JobGrouping",
    "JobQuery",
    "Message",
    "ObjectKey",
    "ObjectKind",
    "Page",
    "Past",
    "PastKey",
    "PlanningTransaction",
    "PlanningView",
    "ProtocolWriter",
    "Protocols",
    "Removal",
    "RestoreDone",
    "RestoreEvent",
    "RestoreRequest",
    "SavesetQuery",
    "SavesetRef",
    "StoreSpace",
    "Verified",
    "VerifyEvent",
    "VerifyRequest",
]
