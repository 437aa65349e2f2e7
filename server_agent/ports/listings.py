"""Reading what is listed of savesets: one entry, all of them, and how two listings differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from server_agent.ports.entries import Entry
from server_agent.ports.transfers import SavesetRef

# Of one entry: its directory and its name (as bytes, the root is two empty ones), the letter of
# its kind, its size in bytes, when it was modified in nanoseconds since 1970, and the saveset that
# holds its data, None if it was not saved. A plain tuple: there are millions.
Listed: TypeAlias = tuple[bytes, bytes, str, int, int, str | None]


@dataclass(frozen=True, slots=True)
class ListedPage:
    """`next_position` is opaque; None on the last page."""

    rows: Sequence[Listed]
    next_position: str | None


class Aspect(StrEnum):
    """In what an entry of one listing differs from that of another."""

    KIND = "kind"
    SIZE = "size"
    TIME = "time"
    MODE = "mode"
    OWNER = "owner"
    LINK_TARGET = "link_target"


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that only one of two listings has, or that is another in each. `aspects` are empty
    unless both have it."""

    before: Entry | None
    after: Entry | None
    aspects: tuple[Aspect, ...] = ()


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """A page may have fewer differences than asked for, or none, and not be the last: so much was
    looked at. `next_position` is opaque; None on the last page."""

    differences: tuple[Difference, ...]
    next_position: str | None


class Listings(Protocol):
    """Reads of complete listings. A path is looked up as it is, without links being followed.

    All methods raise:
        server_agent.domain.errors.SavesetDamaged: a listing is missing or damaged.
        server_agent.domain.errors.PageTokenInvalid: the position is none that was given.
        EngineError: a listing cannot be read just now, which proves nothing.
    """

    def entry(self, saveset: SavesetRef, path: bytes) -> Entry:
        """One entry, found without reading others.

        Raises:
            server_agent.domain.errors.PathNotFound: the listing does not have it.
        """

    def listed(self, saveset: SavesetRef, position: str | None, limit: int) -> ListedPage:
        """All entries, ordered by directory (bytes), in it directories first, then by name."""

    def differences(
        self,
        before: SavesetRef,
        after: SavesetRef,
        directory: bytes,
        position: str | None,
        limit: int,
    ) -> DifferencePage:
        """What is in one listing and not in the other, and what is not the same in both; in the
        order of `listed`. Neither listing is held in memory.

        The size of a directory says nothing and is not compared. What was a directory and is none
        any more has changed its kind; the entries that were in it are gone.

        Args:
            directory: only what lies below it; empty for all. It need not be in the listings.
        """
