"""The part of the catalogue that knows media, and which files are to be removed from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from server_agent.domain.media import DataStore, MediaPool, Medium


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
    """Files of a saveset that is not there any more, and have to be removed from their medium."""

    saveset: str
    label: str
    sesam_day: date


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
        """By label; media without savesets are left out."""

    def removals(self) -> list[Removal]:
        """What has still to be removed, by label and saveset."""


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
        Names that are not known are passed over.

        Raises:
            SavesetNeeded: one that is not among them builds on one of them. Nothing is removed.
        """

    def forget_removals(self, savesets: Iterable[str]) -> None:
        """Their files are gone."""

    def set_eol(self, saveset: str, eol: date | None) -> None:
        """A name that is not known is passed over."""

    def set_verified(self, saveset: str, moment: datetime) -> None:
        """All of its own data were read and found right: what was said of damage is over. A name
        that is not known is passed over."""
