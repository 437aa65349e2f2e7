"""Opens, saves, renames and deletes the views of the results, from the menu of one button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from sesam_master.core.registry import KeepingError
from sesam_master.core.saved_views import MemoryViews, SavedView, SavedViews, ViewStore
from sesam_master.ui.results.view_content import gone_names
from sesam_master.ui.results.view_strip import ViewStrip
from sesam_master.ui.widgets.filter_button import FilterButton

ALL = "all results"  # the view that is always there


@dataclass(frozen=True, slots=True)
class Viewed:
    """What a view is of: `content` says how the page looks now, `apply` makes it look so, {} as at
    first; `locations` are those listed at this desk by id."""

    content: Callable[[], dict[str, Any]]
    apply: Callable[[Mapping[str, Any]], None]
    locations: Callable[[], Mapping[str, Any]]


class ViewControl(QObject):
    """Keeps the button and its menu; asks and tells in the strip."""

    def __init__(self, button: FilterButton, strip: ViewStrip, page: Viewed) -> None:
        super().__init__(button)
        self._button = button
        self._strip = strip
        self._page = page
        self._store: ViewStore = MemoryViews()
        self._views = SavedViews()
        self._opened = ""  # the name of the view that is shown, empty for all results
        self._content: Mapping[str, Any] | None = None  # of it, as the page looked with it
        self.menu = QMenu(button)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self.fill_menu)
        button.set_menu(self.menu)

    def use(self, store: ViewStore) -> None:
        """Take the views from here; the default one is opened."""
        self._store = store
        if self._load() and self._views.default:
            self.open(self._views.default)

    @property
    def is_changed(self) -> bool:
        """The page looks otherwise than the opened view."""
        return self._content is not None and self._page.content() != self._content

    def open(self, name: str) -> None:
        """Show a view; empty for all results as at first."""
        view = self._views.named(name)
        self._strip.hide()
        self._page.apply(view.content if view is not None else {})
        self._settle(view.name if view is not None else "")
        gone = gone_names(view.content, self._page.locations()) if view is not None else []
        if gone and view is not None:
            noun = "a location" if len(gone) == 1 else "locations"
            verb = "is" if len(gone) == 1 else "are"
            self._strip.say(
                f"“{view.name}” names {noun} that {verb} not listed at this desk any more: "
                f"{', '.join(gone)}."
            )

    def show(self) -> None:
        """Say on the button what is shown, and whether it was changed since."""
        changed = ", changed" if self._opened and self.is_changed else ""
        self._button.set_text(f"View: {self._opened or ALL}{changed}")
        self._button.setToolTip(self._button.text())
        self._button.set_narrowing(bool(self._opened))

    def fill_menu(self) -> None:
        """As the views are on disk now: another desk may have changed them."""
        self._load()
        self.menu.clear()
        group = QActionGroup(self.menu)
        for name in ("", *(view.name for view in self._views.views)):
            text = (name or ALL.capitalize()).replace("&", "&&")
            is_default = bool(name) and name == self._views.default
            action = self.menu.addAction(f"{text}\topens first" if is_default else text)
            action.setCheckable(True)
            action.setChecked(name == self._opened)
            action.triggered.connect(lambda _=False, name=name: self.open(name))
            group.addAction(action)
        self.menu.addSeparator()
        quoted = f"“{self._opened}”".replace("&", "&&")
        self._add("Save as a new view …", self.ask_save)
        if self._opened:
            self._add(f"Save the changes to {quoted}", self.save, is_on=self.is_changed)
            self._add("Rename …", self.ask_rename)
            self._add(f"Delete {quoted}", self.delete)
            first = self.menu.addAction("Open it when the desk starts")
            first.setCheckable(True)
            first.setChecked(self._opened == self._views.default)
            first.triggered.connect(self.make_default)
        self.menu.addSeparator()
        what = quoted if self._opened else "all results"
        self._add(f"Reset to {what}", self.reset, is_on=self.is_changed)

    def reset(self) -> None:
        """Drop the changes since the view was opened."""
        self.open(self._opened)

    def save(self) -> None:
        """Keep how the page looks now in the opened view."""
        view = SavedView(self._opened, self._page.content())
        if self._try(lambda: self._store.put(view)):
            self._settle(self._opened)

    def ask_save(self) -> None:
        """Ask for a name and keep the page as a new view."""
        self._strip.ask_name("Save view", "", self._name_trouble, self.save_as)

    def save_as(self, name: str) -> None:
        """Keep how the page looks now under a name."""
        view = SavedView(name, self._page.content())
        if self._try(lambda: self._store.put(view)):
            self._settle(name)

    def ask_rename(self) -> None:
        """Ask for another name of the opened view."""
        before = self._opened

        def trouble(name: str) -> str:
            return "" if name.casefold() == before.casefold() else self._name_trouble(name)

        self._strip.ask_name("Rename view", before, trouble, lambda name: self.rename(name))

    def rename(self, name: str) -> None:
        """Give the opened view another name; what was changed in it is not saved by that."""
        view = self._views.named(self._opened)
        if view is None:
            self._strip.say(f"“{self._opened}” is not there any more: another desk deleted it.")
            return
        before = self._opened
        if self._try(lambda: self._store.put(SavedView(name, view.content), replaces=before)):
            self._opened = name
            self.show()

    def delete(self) -> None:
        """Delete the opened view; the page stays as it is. It can be undone."""
        view, was_default = self._views.named(self._opened), self._opened == self._views.default
        if not self._try(lambda: self._store.remove(self._opened)):
            return
        self._opened, self._content = "", None
        self.show()
        if view is not None:
            self._strip.say(
                f"The view “{view.name}” was deleted.",
                "Undo",
                lambda: self._undelete(view, was_default),
            )

    def make_default(self, is_default: bool) -> None:
        """Open this view first when the desk starts, or none."""
        self._try(lambda: self._store.set_default(self._opened if is_default else ""))

    # -- inside

    def _undelete(self, view: SavedView, was_default: bool) -> None:
        if self._try(lambda: self._store.put(view)):
            self._opened = view.name
            self.show()
            if was_default:
                self.make_default(True)

    def _settle(self, name: str) -> None:
        self._opened, self._content = name, self._page.content()
        self.show()

    def _name_trouble(self, name: str) -> str:
        if not name:
            return "Type a name, for example Last night's trouble."
        is_taken = self._views.named(name) is not None or name.casefold() == ALL
        return f"There is a view “{name}” already. Choose another name." if is_taken else ""

    def _load(self) -> bool:
        return self._try(self._store.load)

    def _try(self, act: Callable[[], SavedViews]) -> bool:
        try:
            self._views = act()
        except KeepingError as error:
            self._strip.say(str(error))
            return False
        return True

    def _add(self, text: str, run: Callable[[], None], *, is_on: bool = True) -> None:
        action = self.menu.addAction(text)
        action.setEnabled(is_on)
        action.triggered.connect(lambda _=False: run())
