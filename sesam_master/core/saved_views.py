"""Views of the results that a person named and keeps: what is shown, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class SavedView:
    """`content` is plain data; what of it this desk does not know was written by a newer one and
    is kept."""

    name: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SavedViews:
    """In the order in which they were made. `default` is the name of the one that a desk opens
    with, empty for none."""

    views: tuple[SavedView, ...] = ()
    default: str = ""

    def named(self, name: str) -> SavedView | None:
        """The view with this name; letter case does not matter."""
        wanted = name.casefold()
        return next((view for view in self.views if view.name.casefold() == wanted), None)


class ViewStore(Protocol):
    """Blocking, but small. Two desks of one profile may change it at the same time: each change is
    made to what is there then. All raise KeepingError, and have changed nothing then."""

    def load(self) -> SavedViews: ...

    def put(self, view: SavedView, replaces: str = "") -> SavedViews:
        """Keep a view, in place of the one with its name, or of the one with the name that it had
        before. What the kept one holds and the new one does not say stays."""

    def remove(self, name: str) -> SavedViews:
        """No error if it is not there."""

    def set_default(self, name: str) -> SavedViews:
        """Empty for none."""


class MemoryViews:
    """Implements ViewStore for a desk that keeps nothing."""

    def __init__(self) -> None:
        self._views = SavedViews()

    def load(self) -> SavedViews:
        return self._views

    def put(self, view: SavedView, replaces: str = "") -> SavedViews:
        self._views = with_view(self._views, view, replaces)
        return self._views

    def remove(self, name: str) -> SavedViews:
        self._views = without_view(self._views, name)
        return self._views

    def set_default(self, name: str) -> SavedViews:
        self._views = SavedViews(self._views.views, name)
        return self._views


def with_view(views: SavedViews, view: SavedView, replaces: str = "") -> SavedViews:
    """With the view at the place of the one that it replaces, else at the end."""
    before = views.named(replaces or view.name)
    same = views.named(view.name)
    kept = SavedView(view.name, {**(before.content if before else {}), **view.content})
    rest = [one for one in views.views if one is before or one is not same]
    placed = tuple(kept if one is before else one for one in rest)
    default = view.name if before and before.name == views.default else views.default
    return SavedViews(placed if before else (*placed, kept), default)


def without_view(views: SavedViews, name: str) -> SavedViews:
    """A default that goes leaves none."""
    gone = views.named(name)
    rest = tuple(view for view in views.views if view is not gone)
    return SavedViews(rest, "" if gone and gone.name == views.default else views.default)
