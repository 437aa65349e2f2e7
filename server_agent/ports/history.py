"""The part of the catalogue that knows how the location has grown."""

from datetime import date, datetime
from typing import Protocol

from server_agent.domain.history import GrowthDay, StoreSample


class HistoryView(Protocol):
    """Reads of one consistent moment."""

    def store_samples(
        self,
        store: str,
        first: date | None,
        last: date | None,
        after: tuple[str, datetime] | None,
        limit: int,
    ) -> list[StoreSample]:
        """By store and time, behind the store and time `after`. An empty store: all of them. Days
        are sesam days, both included."""

    def last_sample(self, store: str) -> StoreSample | None: ...

    def growth(
        self, client: str, task: str, first: date | None, last: date | None, limit: int
    ) -> list[GrowthDay]:
        """Of the sesam days on which backups ended well or with a warning, oldest first, the first
        `limit`. Empty names: all."""


class HistoryTransaction(HistoryView, Protocol):
    """Reads and writes that happen together or not at all. Nothing of it is watched."""

    def add_store_sample(self, sample: StoreSample) -> None:
        """One of the same store and time is replaced."""

    def thin_store_samples(self, whole_from: date, kept_from: date) -> None:
        """Of each sesam day before `whole_from` only the fullest sample of a store stays, of two
        the later one; of those before `kept_from` none. Where the use is not known, what is stored
        counts."""
