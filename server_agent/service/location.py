"""Who this location is."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

# What a desk may offer here; a later agent has more of them.
CAPABILITIES = (
    "backup.full",
    "backup.diff",
    "backup.inc",
    "backup.copy",
    "restore",
    "verify",
    "verify.quick",
    "restore_proof",
    "listing",
    "media",
    "migration",
    "plan",
    "licence",
)


@dataclass(frozen=True, slots=True)
class Location:
    """Facts that hold as long as this process runs.

    Attributes:
        id: GUID made at set-up; never a host name.
        host: name of the machine, for people; not an identity.
        version: of the agent.
        time_zone: IANA name.
        start_time: of this process.
        epoch: drawn at random; revisions of another process mean nothing here, since the catalogue
            may have been put back from a copy in between.
    """

    id: str
    name: str
    host: str
    version: str
    time_zone: str
    start_time: datetime
    capabilities: tuple[str, ...] = CAPABILITIES
    epoch: str = field(default_factory=lambda: str(uuid.uuid4()))
