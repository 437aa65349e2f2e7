"""One list out of the pages of many locations: a merge that no location can hold up."""

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sesam_master.core.gateway import PAGE_SIZE

# One location with fewer merged-but-unshown items than this is paged before the list waits for it;
# of many, each with its share.
LOW_ITEMS = 64
FEWEST_ITEMS = 16  # of a page


class Listed(Protocol):
    """What can be merged. `key` tells it from all others of the fleet."""

    @property
    def key(self) -> Hashable: ...

    @property
    def location_id(self) -> str: ...


ListedT = TypeVar("ListedT", bound=Listed)


def page_share(locations: int) -> int:
    """Items to ask each of so many locations for, so that together they have enough for a page of
    the merged list, though one may have more of it than another."""
    return min(PAGE_SIZE, max(FEWEST_ITEMS, 2 * PAGE_SIZE // max(1, locations)))


@dataclass(frozen=True, slots=True)
class Merged(Generic[ListedT]):
    """The rows that may be shown, in order.

    `to_page` names locations whose next page is wanted, with its token; without it no more rows
    may follow, because one of theirs may stand in front. `has_more`: more rows exist.
    """

    items: tuple[ListedT, ...]
    to_page: tuple[tuple[str, str], ...]
    has_more: bool


@dataclass(slots=True)
class _Pages(Generic[ListedT]):
    """What one location delivered so far, in its own order. An empty token: nothing follows."""

    items: list[ListedT] = field(default_factory=list)
    next_token: str = ""
    is_awaited: bool = False


class PageMerge(Generic[ListedT]):
    """K-way merge of the pages of many locations, sorted by `key_of`.

    Rows come in this order as far as every location that answered allows. A location that has not
    answered, or has failed, holds nothing up; its rows join when they arrive. Nothing stands in
    the list twice.
    """

    def __init__(self, key_of: Callable[[ListedT], Any], *, descending: bool) -> None:
        self._key_of = key_of
        self._descending = descending
        self._pages: dict[str, _Pages[ListedT]] = {}

    @property
    def locations(self) -> frozenset[str]:
        """Locations of which something is here."""
        return frozenset(self._pages)

    def delivered(self, location_id: str) -> tuple[ListedT, ...]:
        """What is here of a location, in order."""
        pages = self._pages.get(location_id)
        return tuple(pages.items) if pages else ()

    @property
    def loaded(self) -> int:
        """Items that are here, shown or not."""
        return sum(len(pages.items) for pages in self._pages.values())

    def begin(self, location_id: str, items: Sequence[ListedT], next_token: str) -> None:
        """Takes a first page, in place of everything that this location delivered before."""
        self._pages[location_id] = _Pages(list(items), next_token)

    def await_page(self, location_id: str) -> None:
        """The next page of this location is asked for."""
        self._pages[location_id].is_awaited = True

    def extend(
        self, location_id: str, token: str, items: Sequence[ListedT], next_token: str
    ) -> list[ListedT]:
        """Takes the page that `token` asked for; what is here already is not doubled.

        A page that does not follow what is here now is dropped: the location began anew meanwhile.
        Returns what is new.
        """
        pages = self._pages.get(location_id)
        if pages is None or pages.next_token != token:
            return []
        known = {item.key for item in pages.items}
        new = [item for item in items if item.key not in known]
        pages.items += new
        pages.next_token = next_token
        pages.is_awaited = False
        return new

    def fail(self, location_id: str, token: str) -> bool:
        """The page that `token` asked for did not come: what is here stays, and the list goes on
        without more of this location, which is named as missing. False if nobody waits for it any
        more."""
        pages = self._pages.get(location_id)
        if pages is None or pages.next_token != token:
            return False
        pages.next_token = ""
        pages.is_awaited = False
        return True

    def resort(self, location_id: str) -> None:
        """What this location's items are sorted by is other than before."""
        pages = self._pages.get(location_id)
        if pages is not None:
            pages.items.sort(key=self._key_of, reverse=self._descending)

    def forget(self, location_id: str) -> None:
        """Takes everything of a location out."""
        self._pages.pop(location_id, None)

    def replace(self, item: ListedT, *, is_wanted: bool) -> None:
        """Takes the newest value of an item, or takes it out. A new one whose page has not come
        yet waits for that page."""
        pages = self._pages.get(item.location_id)
        if pages is None:
            return
        pages.items = [other for other in pages.items if other.key != item.key]
        if not is_wanted:
            return
        place = self._place(pages.items, item)
        if place < len(pages.items) or not pages.next_token:
            pages.items.insert(place, item)

    def merged(self, limit: int, scope: Collection[str] | None = None) -> Merged[ListedT]:
        """The first `limit` rows of the locations in scope (None: of all)."""
        # By id, so that equal rows of two locations never change places.
        names = sorted(name for name in self._pages if scope is None or name in scope)
        shown: Counter[str] = Counter()
        items: list[ListedT] = []
        has_more = False
        runs = [self._run(name) for name in names]
        try:
            merge = heapq.merge(*runs, key=self._key_of, reverse=self._descending)
            for item in merge:
                if len(items) == limit:
                    has_more = True
                    break
                items.append(item)
                shown[item.location_id] += 1
        except _PageMissing:
            has_more = True
        to_page = []
        low = max(2, LOW_ITEMS // max(1, len(names)))
        for name in names:
            pages = self._pages[name]
            rest = len(pages.items) - shown[name]
            if pages.next_token and not pages.is_awaited and rest < low and len(items) < limit:
                to_page.append((name, pages.next_token))
        return Merged(tuple(items), tuple(to_page), has_more)

    def _run(self, location_id: str) -> Iterator[ListedT]:
        pages = self._pages[location_id]
        yield from pages.items
        if pages.next_token:
            raise _PageMissing

    def _place(self, items: list[ListedT], item: ListedT) -> int:
        value = self._key_of(item)
        if not self._descending:
            return bisect_left(items, value, key=self._key_of)
        turned = items[::-1]
        return len(items) - bisect_left(turned, value, key=self._key_of)


class _PageMissing(Exception):
    """The merge came to the end of what a location delivered, and more exists there."""
