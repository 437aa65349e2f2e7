"""Asks one location for files by their names, and for the versions of one file."""

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from sesam_master.core.finding import (
    DifferencePage,
    FileQuery,
    FoundFile,
    FoundPage,
    Unindexed,
    Version,
    VersionPage,
)
from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.restore.tree import shown_name

Item = TypeVar("Item")
MOST_EMPTY = 20  # pages without a row that are passed over before a person is asked


PageT = TypeVar("PageT", FoundPage, VersionPage, DifferencePage)


class PagedFindings(QObject, Generic[Item, PageT]):
    """A list that grows page by page. `changed` after every answer.

    Attributes:
        items: what is here so far.
        page: the newest page; None before the first.
        trouble: why the newest question failed, a sentence; empty if it did not.
        is_asking: an answer is awaited.
        was_asked: something was looked for.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        location: Callable[[], str],
        rows: Callable[[PageT], tuple[Item, ...]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.items: list[Item] = []
        self.page: PageT | None = None
        self.trouble = ""
        self.is_asking = False
        self.was_asked = False
        self.next_token = ""
        self._bridge = bridge
        self._location = location
        self._rows: Callable[[PageT], tuple[Item, ...]] = rows
        self._doing = ""
        self._call: Callable[[str], Coroutine[Any, Any, PageT]] | None = None
        self._cancel: Callable[[], None] = lambda: None

    def begin(self, doing: str, call: Callable[[str], Coroutine[Any, Any, PageT]]) -> None:
        """Forget what is here and ask anew; `call` gets a page token."""
        self._forget()
        self._doing, self._call, self.was_asked = doing, call, True
        self._ask(MOST_EMPTY)

    def more(self) -> None:
        """Ask for the next page, or once more for the one that failed."""
        if self._call is not None and not self.is_asking and (self.next_token or self.trouble):
            self._ask(MOST_EMPTY)

    def _forget(self) -> None:
        """An answer on its way is not waited for."""
        self._cancel()
        self.items, self.page, self.trouble, self.next_token = [], None, "", ""

    def _ask(self, most_empty: int) -> None:
        assert self._call is not None
        self.is_asking, self.trouble = True, ""

        def done(page: PageT) -> None:
            rows = self._rows(page)
            self.items += rows
            self.page, self.next_token = page, page.next_token
            self.is_asking = False
            if page.next_token and not rows and most_empty:
                self._ask(most_empty - 1)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self.is_asking = False
            self.trouble = notice(error, self._doing, self._location()).text
            self.changed.emit()

        self._cancel = self._bridge.ask(self._call(self.next_token), self, done, failed)
        self.changed.emit()


def unindexed_of(
    found: PagedFindings[FoundFile, FoundPage] | PagedFindings[Version, VersionPage],
) -> Unindexed:
    """What was not looked through."""
    return found.page.unindexed if found.page is not None else Unindexed()


class Finder(QObject):
    """`files` is the last search, `versions` those of the last file that was asked for."""

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        location: Callable[[], str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._gateway = gateway
        self._location_id = location_id
        self.files = PagedFindings[FoundFile, FoundPage](
            bridge, location, lambda page: page.files, self
        )
        self.versions = PagedFindings[Version, VersionPage](
            bridge, location, lambda page: page.versions, self
        )
        self.file: tuple[str, bytes] | None = None
        self.query: FileQuery | None = None

    def find(self, query: FileQuery) -> None:
        """Look for files by name."""
        self.query = query
        self.files.begin(
            f"find files named {query.text}",
            lambda token: self._gateway.find_files(self._location_id, query, token),
        )

    def show_versions(self, client: str, path: bytes) -> None:
        """Ask for the versions of a file, unless they are here."""
        if self.file == (client, path) and not self.versions.trouble:
            return
        self.file = (client, path)
        self.versions.begin(
            f"list the versions of {shown_name(path)}",
            lambda token: self._gateway.versions(self._location_id, client, path, token),
        )

    def retry(self) -> None:
        """Ask again for what failed."""
        for found in (self.files, self.versions):
            if found.trouble:
                found.more()
