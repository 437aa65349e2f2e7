"""Adding, changing, removing and listing objects that have a name."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import Field, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from server_agent.domain.errors import AlreadyExists, ChangedMeanwhile, NotFound
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock, Page
from server_agent.service.changes import Changes
from server_agent.service.paging import page_by_name
from server_agent.service.requests import Request, first_answer, remember


class Named(Protocol):
    """A dataclass with a name."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=Named)


def etag(item: object) -> str:
    """Changes with every change of the object."""
    return hashlib.sha256(repr(item).encode()).hexdigest()[:16]


class Collection(ABC, Generic[Item]):
    """The objects of one kind. Any thread may call any method; each change is one transaction."""

    kind: str

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock

    def create(self, request: Request, item: Item) -> Item:
        """Adds it; AlreadyExists if there is one of its name."""
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._named(tx, answered)
            self._begin(tx)
            item = self._checked(tx, item, None)
            if self._get(tx, item.name) is not None:
                raise AlreadyExists(kind=self.kind, name=item.name)
            item = self._add(tx, item)
            remember(tx, request, item.name, self._clock.now())
        self._changed()
        return item

    def update(
        self, request: Request, item: Item, expected_etag: str, kept: Sequence[str] = ()
    ) -> Item:
        """Replaces the one of that name if it still is what the caller has read. `kept`: fields
        that stay as they are, since the caller does not know of them."""
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return self._named(tx, answered)
            self._begin(tx)
            before = self._named(tx, item.name)
            self._check_etag(before, expected_etag)
            item = self._kept(item, before, kept)
            item = self._checked(tx, item, before)
            self._put(tx, item)
            remember(tx, request, item.name, self._clock.now())
        self._changed()
        return item

    def delete(self, request: Request, name: str, expected_etag: str | None) -> None:
        """Removes it if nothing needs it."""
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                return
            self._begin(tx)
            item = self._named(tx, name)
            if expected_etag is not None:
                self._check_etag(item, expected_etag)
            self._check_unused(tx, item)
            self._remove(tx, item)
            remember(tx, request, name, self._clock.now())
        self._changed()

    def list(self, text: str, descending: bool, token: str | None, limit: int) -> Page[Item]:
        """By name; those with the text in what they are searched by."""
        with self._changes.read() as view:
            items = self._all(view)
        wanted = text.casefold()
        named = [
            (item.name, item)
            for item in items
            if any(wanted in part.casefold() for part in self._searched(item))
        ]
        return page_by_name(named, f"{self.kind} {descending} {text}", descending, token, limit)

    def _named(self, view: CatalogueView, name: str) -> Item:
        item = self._get(view, name)
        if item is None:
            raise self._not_found(name)
        return item

    def _check_etag(self, item: Item, expected: str) -> None:
        if expected != etag(item):
            raise ChangedMeanwhile(kind=self.kind, name=item.name)

    def _kept(self, item: Item, before: Item, kept: Sequence[str]) -> Item:
        """The object with the fields that stay as they are."""
        return replace(item, **{name: getattr(before, name) for name in kept})

    def _begin(self, tx: CatalogueTransaction) -> None:
        """Comes first in the transaction of a change."""

    def _changed(self) -> None:
        """Comes after the commit of a change."""

    def _searched(self, item: Item) -> Sequence[str]:
        return (item.name,)

    def _add(self, tx: CatalogueTransaction, item: Item) -> Item:
        self._put(tx, item)
        return item

    @abstractmethod
    def _get(self, view: CatalogueView, name: str) -> Item | None: ...

    @abstractmethod
    def _all(self, view: CatalogueView) -> Sequence[Item]: ...

    @abstractmethod
    def _put(self, tx: CatalogueTransaction, item: Item) -> None: ...

    @abstractmethod
    def _remove(self, tx: CatalogueTransaction, item: Item) -> None: ...

    @abstractmethod
    def _checked(self, tx: CatalogueTransaction, item: Item, before: Item | None) -> Item:
        """The object as it will be entered, or the reason why it cannot be."""

    @abstractmethod
    def _check_unused(self, tx: CatalogueTransaction, item: Item) -> None:
        """Raises the reason why it cannot be removed."""

    @abstractmethod
    def _not_found(self, name: str) -> NotFound: ...
