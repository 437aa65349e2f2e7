"""Asks locations for their pages of one merged list, and names those whose are missing."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import PAGE_SIZE
from sesam_master.core.merging import ListedT, Merged, PageMerge, page_share
from sesam_master.ui.bridge import Bridge

PageT = TypeVar("PageT")


@dataclass(frozen=True, slots=True)
class PageCalls(Generic[PageT]):
    """`ask` gets location id, token and the most items wanted; `start` takes a first page, `append`
    the one that a token asked for."""

    ask: Callable[[str, str, int], Coroutine[Any, Any, PageT]]
    start: Callable[[str, PageT], None]
    append: Callable[[str, str, PageT], None]


class PagedList(QObject, Generic[ListedT, PageT]):
    """The locations that `places` gives, as far as they are live. `changed` after every answer.

    Attributes:
        live, awaited, failed: location ids; of the failed ones the newest reason.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        places: Callable[[], Mapping[str, LocationState]],
        merge: PageMerge[ListedT],
        calls: PageCalls[PageT],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.limit = PAGE_SIZE
        self.live: set[str] = set()
        self.awaited: set[str] = set()
        self.failed: dict[str, Exception] = {}
        self._cut: set[str] = set()  # locations of which a later page did not come
        self._bridge = bridge
        self._places = places
        self._pages = merge
        self._calls = calls
        self._cancels: dict[int, Callable[[], None]] = {}
        self._questions = 0

    def refresh(self) -> None:
        """Ask all locations again; what is here stays until they answer."""
        self._drop_questions()
        for location_id in sorted(self.live):
            self._ask_first(location_id)

    def more(self) -> None:
        """Let the next page in."""
        self.limit += PAGE_SIZE

    def merged(self, scope: frozenset[str] | None = None) -> Merged[ListedT]:
        """The rows so far; asks for the pages that are missing in them."""
        merged = self._pages.merged(self.limit, scope)
        for location_id, token in merged.to_page:
            self._ask_next(location_id, token, page_share(len(merged.to_page)))
        return merged

    def _follow_live(self) -> set[str]:
        """Asks the locations that are live now and were not. Returns those that went dark."""
        locations = self._places()
        for location_id in self._pages.locations - locations.keys():
            self._pages.forget(location_id)
        live = {key for key, place in locations.items() if place.is_live}
        new, gone, self.live = live - self.live, self.live - live, live
        self.awaited &= live
        self.failed = {key: error for key, error in self.failed.items() if key in live}
        for location_id in sorted(new):
            self._ask_first(location_id)
        return gone

    def _ask_first(self, location_id: str) -> None:
        self.awaited.add(location_id)
        self.failed.pop(location_id, None)

        def done(page: PageT) -> None:
            self.awaited.discard(location_id)
            self._cut.discard(location_id)
            self._calls.start(location_id, page)

        def missed() -> None:
            self.awaited.discard(location_id)
            self._pages.forget(location_id)

        self._ask(location_id, "", done, missed, page_share(len(self.live)))

    def _ask_next(self, location_id: str, token: str, most: int) -> None:
        self._pages.await_page(location_id)

        def missed() -> None:
            if self._pages.fail(location_id, token):
                self._cut.add(location_id)

        def done(page: PageT) -> None:
            self._calls.append(location_id, token, page)

        self._ask(location_id, token, done, missed, most)

    def _ask(
        self,
        location_id: str,
        token: str,
        done: Callable[[PageT], None],
        missed: Callable[[], None],
        most: int,
    ) -> None:
        self._questions += 1
        number = self._questions

        def answered(page: PageT) -> None:
            self._cancels.pop(number, None)
            done(page)
            if location_id not in self._cut:  # a count brings no rows that are missing
                self.failed.pop(location_id, None)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._cancels.pop(number, None)
            missed()
            self.failed[location_id] = error
            self.changed.emit()

        call = self._calls.ask(location_id, token, most)
        self._cancels[number] = self._bridge.ask(call, self, answered, failed)

    def _drop_questions(self) -> None:
        for cancel in self._cancels.values():
            cancel()
        self._cancels.clear()
        self.awaited.clear()
        self.failed.clear()
        self._cut.clear()
