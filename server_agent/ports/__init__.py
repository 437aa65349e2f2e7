"""What the service needs from outside, each with its contract.

Every port has a contract suite in `tests/contract` that runs over the fake and the real thing.
All methods block and may be called from any thread unless one says otherwise.
"""

from server_agent.ports.catalogue import (
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
    BackupDone,
    BackupEvent,
    BackupRequest,
    Cancelled,
    Compressed,
    Control,
    Engine,
    EngineError,
    Entry,
    EntryKind,
    EntryPage,
    Interrupted,
    Message,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
)
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

__all__ = [
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
    "Compressed",
    "Control",
    "Engine",
    "EngineError",
    "Entry",
    "EntryKind",
    "EntryPage",
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
    "RestoreDone",
    "RestoreEvent",
    "RestoreRequest",
    "SavesetQuery",
    "SavesetRef",
]
