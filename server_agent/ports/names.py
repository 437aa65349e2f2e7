"""Finding files by name over all savesets of the location."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from server_agent.domain.finding import Wanted
from server_agent.ports.entries import EntryKind
from server_agent.ports.listings import Listed


class NamesLost(Exception):
    """What was entered is not there any more, since the index was damaged and thrown away: ask
    again what is `whole` and what is `begun`."""


@dataclass(frozen=True, slots=True)
class NamedSaveset:
    """What the index keeps of a saveset. `number` orders savesets as they were made, whatever the
    clock said. `base` is None for FULL and COPY."""

    name: str
    client: str
    task: str
    base: str | None
    sesam_day: date
    start_time: datetime
    number: int


@dataclass(frozen=True, slots=True)
class NameQuery:
    """Every given condition must hold; the last four are about savesets: only these, and the
    versions that they hold, are seen."""

    wanted: Wanted
    client: str = ""
    task: str = ""
    first_sesam_day: date | None = None
    last_sesam_day: date | None = None

    @property
    def is_of_all_days(self) -> bool:
        return self.first_sesam_day is None and self.last_sesam_day is None

    def admits(self, saveset: NamedSaveset) -> bool:
        """Whether the saveset is one of those that are looked through."""
        return (
            self.client in ("", saveset.client)
            and self.task in ("", saveset.task)
            and (self.first_sesam_day is None or self.first_sesam_day <= saveset.sesam_day)
            and (self.last_sesam_day is None or saveset.sesam_day <= self.last_sesam_day)
        )


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A path of a client. `versions` is how many different ones there are; kind, size and
    modification are those of the newest, and `saveset` is the newest that holds it."""

    client: str
    path: bytes
    kind: EntryKind
    size: int
    modify_time_ns: int
    versions: int
    saveset: NamedSaveset


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page may have fewer files than asked for, or none, and not be the last: so much was looked
    at. `next_position` is opaque; None on the last page."""

    files: tuple[FoundFile, ...]
    next_position: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A saveset that holds a version, and the one that has its data: None if it was not saved."""

    saveset: NamedSaveset
    home: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What is the same in kind, size and time of modification is one version.

    Attributes:
        savesets: how many hold it.
        holders: the newest of them, the newest first.
        oldest: of all of them.
    """

    kind: EntryKind
    size: int
    modify_time_ns: int
    savesets: int
    holders: tuple[Holder, ...]
    oldest: Holder


@dataclass(frozen=True, slots=True)
class VersionPage:
    """`next_position` is opaque; None on the last page."""

    versions: tuple[Version, ...]
    next_position: str | None


class Names(Protocol):
    """The names in all listings: each path of a client once, and which savesets hold which version
    of it. Everything in it can be entered again from the listings.

    Readers do not wait for who enters. All methods raise:
        NamesLost: it was damaged.
        server_agent.domain.errors.NoSpace: its disk is full.
    """

    def whole(self) -> frozenset[str]:
        """Names of the savesets that are entered wholly; only these are found."""

    def begun(self) -> dict[str, str | None]:
        """Of the others that were begun with: the position from which to go on."""

    def enter(
        self,
        saveset: NamedSaveset,
        after: str | None,
        rows: Sequence[Listed],
        position: str | None,
    ) -> None:
        """Enters the next entries of a saveset, all or none of them, durably enough to outlast the
        end of the agent.

        Args:
            saveset: the same at each call; one that is entered wholly already is left as it is.
            after: the position of the call before, None for the first entries: whatever was
                entered of the saveset before them counts as forgotten.
            rows: as `Listings.listed` orders them.
            position: behind the rows, for `begun`; None if they were the last.

        Raises:
            NamesLost: the saveset is not entered up to `after`, too.
        """

    def forget(self, savesets: Iterable[str]) -> None:
        """Has savesets not be found any more, from this moment on; cheap. Names that are not known
        are passed over."""

    def tidy(self) -> bool:
        """Removes a part of what was forgotten; False if nothing is left to remove. May be ended
        at any instant."""

    def find(self, query: NameQuery, position: str | None, limit: int) -> FoundPage:
        """Paths in the order in which they were entered first, client by client. Going on from a
        position gives each path once, whatever is entered meanwhile.

        Raises:
            server_agent.domain.errors.PageTokenInvalid: the position is none that was given.
        """

    def versions(
        self, client: str, path: bytes, position: str | None, limit: int, holders: int
    ) -> VersionPage:
        """Versions of one path, the one in the newest saveset first; none if it is not known.

        Args:
            holders: how many are named of each version at most.

        Raises:
            server_agent.domain.errors.PageTokenInvalid: the position is none that was given.
        """

    def close(self) -> None: ...
