"""What is read of data stores when a catalogue has to be put back from them alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from server_agent.domain.command_sources import CommandSource
from server_agent.domain.savesets import BackupType
from server_agent.ports.transfers import BackupDone


@dataclass(frozen=True, slots=True)
class FoundMedium:
    """A medium that is in its place. `path` is its directory, or where its repository is, written
    as a data store of restic; `store` the name of the data store that this lies in."""

    label: str
    path: bytes
    store: str
    location_id: str

    @property
    def store_path(self) -> bytes:
        return self.path.rpartition(b"/")[0]


@dataclass(frozen=True, slots=True)
class FoundSaveset:
    """A saveset whose data are there to their end, and whose description is what was written.

    Attributes:
        label: the medium that it was found on.
        made_on: the medium that it was written to first.
        end_time: when the last of its data was written.
        commands: whose output it has; without words if only their names are known.
        options: those of its task that were not the default, by name.
        key_id: of one that a key of its pool opens.
        is_encrypted: by its engine itself.
        has_listing: whether its listing is among the agent's own files, and is right.
    """

    name: str
    type: BackupType
    base: str | None
    label: str
    made_on: str
    sesam_day: date
    end_time: datetime
    result: BackupDone
    sources: tuple[bytes, ...]
    excludes: tuple[str, ...]
    commands: tuple[CommandSource, ...]
    options: Mapping[str, Any]
    facts: Mapping[str, str]
    key_id: str = ""
    has_listing: bool = False
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class LeftFile:
    """Something on a medium that is no saveset that can be used, and why. It stays. `facts`, if it
    is one whose key is not here: those of its request."""

    path: bytes
    why: str
    facts: Mapping[str, str] = field(default_factory=dict)


class StoreReading(Protocol):
    """Reads data stores. Nothing on a medium is ever changed or removed."""

    def media(self, directories: Sequence[bytes]) -> list[FoundMedium]:
        """The media in these data stores, by label.

        Raises:
            EngineError: STORE_UNUSABLE: one of them is no data store, or cannot be read.
        """

    def contents(self, medium: FoundMedium) -> Iterator[FoundSaveset | LeftFile]:
        """What lies on a medium, by name. Raises OSError."""

    def bring_listing(self, saveset: FoundSaveset, medium: FoundMedium) -> str:
        """Puts the listing of a saveset among the agent's own files if it is not there; returns why
        that cannot be, empty if it is there now. Raises OSError (the agent's own disk)."""
