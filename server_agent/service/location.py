"""Who this location is."""

from dataclasses import dataclass
from datetime import datetime

# What a desk may offer here; a later agent has more of them.
CAPABILITIES = ("backup.full", "backup.inc", "restore", "listing")


@dataclass(frozen=True, slots=True)
class Location:
    """Facts that hold as long as this process runs.

    Attributes:
        id: GUID made at set-up; never a host name.
        host: name of the machine, for people; not an identity.
        version: of the agent.
        time_zone: IANA name.
        start_time: of this process.
    """

    id: str
    name: str
    host: str
    version: str
    time_zone: str
    start_time: datetime
    capabilities: tuple[str, ...] = CAPABILITIES
