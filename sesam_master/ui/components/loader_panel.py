"""Stands beside the form of a loader: what is in its slots and drives, and moving that."""

from datetime import tzinfo

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from sesam_master.core.components import Components, Loader
from sesam_master.core.loaders import LoaderPlace, PlaceKind, free_drive
from sesam_master.ui.components.loader_work import LoaderState
from sesam_master.ui.formatting import MISSING, full_moment_text
from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import CellKind, Column
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

_CHOOSE = "Choose a slot or drive below first."
_NOT_SINCE = "The location was not reached for a time since then: look again."
_WORDS = {
    PlaceKind.DRIVE: "Drive {number}",
    PlaceKind.SLOT: "Slot {number}",
    PlaceKind.IMPORT_EXPORT: "Import/export {number}",
    PlaceKind.OUTSIDE: "In no place of it",
    PlaceKind.UNKNOWN: "Not known to this desk",
}


class LoaderPanel(QFrame):
    """`look_asked`, `load_asked` (a place and the number of a drive), `unload_asked` (a place)."""

    look_asked = Signal()
    load_asked = Signal(object, int)
    unload_asked = Signal(object)

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._loader: Loader | None = None
        self._whole: Components | None = None
        self._state = LoaderState()
        self._hindrance: str | None = None
        self.heading = ElidedLabel(holder, "What is in it", "heading")
        self.as_of = WrappedLabel("", "secondary")
        self.look = QPushButton(icon("refresh-cw", holder), "Look again")
        self.load = QPushButton("Load")
        self.unload = QPushButton("Unload")
        self.problem = WrappedLabel(role="error")
        self.places = RecordTableModel[LoaderPlace](
            self._columns(),
            lambda place: place.key,
            is_stale=lambda _place: self._state.is_old,
            parent=self,
        )
        self.table = RecordTableView(holder, self.places)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.horizontalHeader().setSectionsClickable(False)
        self.table.setAccessibleName("Slots and drives")
        self._lay_out()
        self.look.clicked.connect(self.look_asked)
        self.load.clicked.connect(self._ask_load)
        self.unload.clicked.connect(self._ask_unload)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._follow())

    def show_loader(
        self,
        loader: Loader | None,
        whole: Components,
        state: LoaderState,
        hindrance: str | None,
        zone: tzinfo,
    ) -> None:
        """None: one that is not saved yet. `hindrance`: why it cannot be asked."""
        self._loader, self._whole = loader, whole
        self._state, self._hindrance = state, hindrance
        content = state.content if loader is not None else None
        self.as_of.setText(self._sentence(zone))
        self.problem.setText(state.problem if loader is not None else "")
        self.problem.setVisible(bool(self.problem.text()))
        self._show_places(content.places if content is not None else ())
        self.heading.set_text("What was in it" if state.is_old else "What is in it")
        self.table.viewport().update()
        self.table.setVisible(content is not None)
        self._follow()

    @property
    def chosen(self) -> LoaderPlace | None:
        """The place that is chosen in the table."""
        found = self.table.selected_records()
        return found[0] if found else None

    def drive_for(self, place: LoaderPlace) -> tuple[int | None, str]:
        """The drive that what is in a slot goes into, or why there is none: a medium belongs to one
        data store, and so to one drive."""
        assert self._loader is not None
        assert self._whole is not None
        content = self._state.content
        places = content.places if content is not None else ()
        drives = {each.number: each for each in places if each.kind is PlaceKind.DRIVE}
        stores = {medium.label: medium.data_store for medium in self._whole.media or ()}
        store = stores.get(place.label, "")
        if store in self._loader.data_stores:
            number = self._loader.data_stores.index(store)
            drive = drives.get(number)
            if drive is not None and drive.is_full:
                what = drive.label or "a medium without a label"
                return None, f"Drive {number} holds {what}: unload that first."
            return number, ""
        free = free_drive(places)
        return (free.number, "") if free is not None else (None, "No drive is empty: unload one.")

    # -- inside

    def _show_places(self, places: tuple[LoaderPlace, ...]) -> None:
        gone = {place.key for place in self.places.records} - {place.key for place in places}
        if not places or len(gone) == len(self.places.records):
            self.places.replace_all(places)
            return
        self.places.remove(gone)
        self.places.upsert(places)

    def _sentence(self, zone: tzinfo) -> str:
        state = self._state
        if self._loader is None:
            return "Nothing is known of it until it is saved."
        if state.content is not None:
            seen = f"As it was at {full_moment_text(state.content.as_of, zone)}."
        else:
            seen = "Nothing is known of it yet."
        if state.doing:
            return f"{state.doing} … A changer may take minutes. {seen}"
        if self._hindrance:
            return f"{seen} {self._hindrance}"
        return f"{seen} {_NOT_SINCE}" if state.is_old else seen

    def _follow(self) -> None:
        """What can be done with the place that is chosen, and what stands against it."""
        place = self.chosen
        general = self._hindrance or ("Save it first." if self._loader is None else "")
        general = general or (f"{self._state.doing}." if self._state.doing else "")
        against_load, against_unload, number = general, general, None
        if not general and place is None:
            against_load = against_unload = _CHOOSE
        elif not general and place is not None:
            if place.kind is not PlaceKind.DRIVE or not place.is_full:
                against_unload = "Choose a drive with a medium in it."
            if not place.is_slot or not place.is_full:
                against_load = "Choose a slot with a medium in it."
            else:
                number, against_load = self.drive_for(place)
        self.load.setText("Load" if number is None else f"Load into drive {number}")
        for button, against in (
            (self.look, general),
            (self.load, against_load),
            (self.unload, against_unload),
        ):
            button.setEnabled(not against)
            button.setToolTip(against)

    def _ask_load(self) -> None:
        place = self.chosen
        number = self.drive_for(place)[0] if place is not None else None
        if number is not None:
            self.load_asked.emit(place, number)

    def _ask_unload(self) -> None:
        if self.chosen is not None:
            self.unload_asked.emit(self.chosen)

    def _columns(self) -> tuple[Column[LoaderPlace], ...]:
        return (
            Column[LoaderPlace](
                "place", "Place", 118, place_words, CellKind.STRONG, fits=("Import/export 99",)
            ),
            Column[LoaderPlace](
                "medium", "Medium", 130, medium_words, tooltip=medium_words, least=90, most=260
            ),
            Column[LoaderPlace](
                "pool", "Media pool", 132, _pool_words, CellKind.QUIET, least=70, most=200
            ),
            Column[LoaderPlace](
                "store", "Data store", 100, self._store_of, CellKind.QUIET, least=70, most=200
            ),
        )

    def _store_of(self, place: LoaderPlace) -> str:
        stores = self._loader.data_stores if self._loader is not None else ()
        if place.kind is PlaceKind.DRIVE and place.number < len(stores):
            return stores[place.number]
        known = self._whole.media or () if self._whole is not None else ()
        found = next((each.data_store for each in known if each.label == place.label), "")
        return found if place.label and found else MISSING

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.heading, 1)
        for button in (self.look, self.load, self.unload):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.as_of)
        column.addWidget(self.problem)
        column.addWidget(self.table, 1)
        column.addStretch()


def place_words(place: LoaderPlace) -> str:
    """Where it is."""
    return _WORDS[place.kind].format(number=place.number)


def medium_words(place: LoaderPlace) -> str:
    """What is in it."""
    if not place.is_full:
        return "empty"
    return place.label or "no label that can be read"


def _pool_words(place: LoaderPlace) -> str:
    if place.pool or not place.label:
        return place.pool or MISSING
    return "not of this location"
