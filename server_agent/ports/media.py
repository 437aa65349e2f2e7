"""The part of the catalogue that knows media, and which files are to be removed from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from server_agent.domain.copies import Copy, Place
from server_agent.domain.loaders import Loader
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.domain.media_requests import WantedMedium


@dataclass(frozen=True, slots=True)
class Holding:
    """What lies on a medium: how many savesets, their bytes, the newest sesam day and the latest
    EOL of them; None if none has one."""

    savesets: int
    stored_bytes: int
    newest_sesam_day: date | None
    eol: date | None


@dataclass(frozen=True, slots=True)
class Removal:
    """Files of a saveset that have to be removed from a medium: it is not there any more.

    Attributes:
        job: the migration that writes a copy there, which becomes one at its end; until that job
            has ended, nothing is removed.
    """

    saveset: str
    label: str
    sesam_day: date
    job: str = ""


class MediaView(Protocol):
    """Reads of one consistent moment."""

    def data_store(self, name: str) -> DataStore | None: ...

    def data_stores(self) -> list[DataStore]:
        """By name."""

    def pool(self, name: str) -> MediaPool | None: ...

    def pools(self) -> list[MediaPool]:
        """By name."""

    def medium(self, label: str) -> Medium | None: ...

    def media(self) -> list[Medium]:
        """By label."""

    def holdings(self) -> dict[str, Holding]:
        """By label, with the copies; media without savesets are left out."""

    def removals(self) -> list[Removal]:
        """What has still to be removed, by label and saveset."""

    def loader(self, name: str) -> Loader | None: ...

    def loaders(self) -> list[Loader]:
        """By name."""

    def wanted_media(self) -> list[WantedMedium]:
        """Which jobs wait for which media, by label and job; some of them may have ended."""

    def labels(self, names: Iterable[str]) -> dict[str, str]:
        """By saveset, the medium of its first place; what is not known is left out."""

    def copies(self, savesets: Iterable[str]) -> dict[str, tuple[Copy, ...]]:
        """By saveset, where else it lies than at its first place, by label; savesets without are
        left out."""

    def lying(self) -> list[Place]:
        """Every saveset in each of its places, those first that were made first; of each the first
        place first, then as they were made."""


class MediaTransaction(MediaView, Protocol):
    """Reads and writes that happen together or not at all. Every write of a data store, media pool
    or medium enters its key into the change log."""

    def put_data_store(self, store: DataStore) -> None:
        """Adds or replaces."""

    def remove_data_store(self, name: str) -> None: ...

    def put_pool(self, pool: MediaPool) -> None:
        """Adds or replaces."""

    def remove_pool(self, name: str) -> None: ...

    def put_medium(self, medium: Medium) -> None:
        """Adds or replaces."""

    def remove_medium(self, label: str) -> None: ...

    def remove_savesets(self, names: Iterable[str]) -> None:
        """Takes the savesets out of the catalogue, and enters that their files are to be removed.
        All places of each are. Names that are not known are passed over.

        Raises:
            SavesetNeeded: one that is not among them builds on one of them. Nothing is removed.
        """

    def remove_place(self, saveset: str, label: str) -> None:
        """Takes one of several places of a saveset out of the catalogue, and enters that its files
        there are to be removed. In place of the first, the best of the others is the first from
        now on. Nothing if it does not lie there.

        Raises:
            ValueError: it is the only one.
        """

    def add_copy(self, copy: Copy) -> None:
        """The saveset lies there too. What was to be removed from there is not any more.

        Raises:
            SavesetNotFound, AlreadyExists (it is known to lie there).
        """

    def put_copy(self, copy: Copy) -> None:
        """Replaces what is said of one; nothing if there is none."""

    def put_first(self, saveset: str, label: str) -> None:
        """A copy becomes the first place, and the first place a copy. Nothing if there is none."""

    def put_removal(self, removal: Removal) -> None:
        """Adds or replaces."""

    def forget_removals(self, label: str, savesets: Iterable[str]) -> None:
        """Their files are gone from that medium."""

    def put_loader(self, loader: Loader) -> None:
        """Adds or replaces."""

    def remove_loader(self, name: str) -> None: ...

    def put_wanted(self, wanted: WantedMedium) -> None:
        """Adds or replaces what a job waits for, and tells watchers of media."""

    def forget_wanted(self, job: str, label: str) -> None:
        """The job does not wait for that medium any more. Watchers of media are told."""

    def set_eol(self, saveset: str, eol: date | None) -> None:
        """That of its first place. A name that is not known is passed over."""

    def set_verified(self, saveset: str, moment: datetime) -> None:
        """All of its own data at its first place were read and found right: what was said of damage
        is over. A name that is not known is passed over."""

    def set_proved(self, saveset: str, task: str, moment: datetime) -> None:
        """Samples of the saveset were restored and found right; the task is told as changed. Names
        that are not known are passed over."""
