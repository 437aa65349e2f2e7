"""The command palette: one field over the window that finds actions, locations, clients, tasks."""

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from sesam_master.core.fleet import Fleet
from sesam_master.core.palette import Entry, EntryKind, Palette
from sesam_master.ui.actions import ActionSet, Selection
from sesam_master.ui.formatting import number_text
from sesam_master.ui.palette.delegate import HIT_ROLE, HitDelegate
from sesam_master.ui.palette.hits import Hit, bare, entries, hit, selection_of
from sesam_master.ui.theme import ThemeHolder

WIDTH, HEIGHT, TOP = 680, 460, 84
MOST_RECENT = 20
PALETTE = "palette"  # its own action, which opens it
_MOVES = frozenset({Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp})


class PalettePanel(QFrame):
    """A child of the window over its pages. It closes when the keyboard goes elsewhere. `show`
    brings to the front what was chosen of a location."""

    def __init__(
        self,
        holder: ThemeHolder,
        fleet: Fleet,
        actions: ActionSet,
        show: Callable[[Selection], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._holder = holder
        self._fleet = fleet
        self._actions = actions
        self._show_chosen = show
        self._window = window
        self._recent: list[tuple[str, str, str]] = []
        self._mark = ""
        self._palette = Palette((), ())
        self._before: QWidget | None = None
        self.field = QLineEdit()
        self.list = QListView()
        self.foot = QLabel()
        self.model = QStandardItemModel(self)
        self._lay_out()
        self.field.textEdited.connect(self._find)
        self.field.returnPressed.connect(self._choose_current)
        self.list.clicked.connect(self._choose)
        self.field.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Over the window, empty, with the keyboard in it."""
        self._mark = ""
        if not self.isVisible():
            self._before = self._window.focusWidget()
        self._read()
        self.field.clear()
        self._find("")
        width = min(self._holder.fonts.px(WIDTH), self._window.width() - 40)
        height = min(self._holder.fonts.px(HEIGHT), self._window.height() - TOP - 40)
        self.setGeometry((self._window.width() - width) // 2, TOP, width, height)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def hits(self) -> list[Hit]:
        """What is shown, from the first on."""
        return [self.model.item(row).data(HIT_ROLE) for row in range(self.model.rowCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field keeps the keyboard; the arrows move in the list."""
        if event.type() is QEvent.Type.FocusOut and watched is self.field:
            self.hide()
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self._leave()
                return True
            if event.key() in _MOVES:
                self._move(Qt.Key(event.key()))
                return True
        return super().eventFilter(watched, event)

    # -- inside

    def _lay_out(self) -> None:
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Command palette")
        self.field.setPlaceholderText("Find or do anything; > for actions, @ for locations")
        self.field.setAccessibleName("Find or do anything")
        self.list.setModel(self.model)
        self.list.setItemDelegate(HitDelegate(self._holder, self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName("What was found")
        self.foot.setProperty("role", "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 10)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self.foot)
        self._holder.changed.connect(self._take_theme)
        self._take_theme()

    def _take_theme(self) -> None:
        theme = self._holder.current
        self.setStyleSheet(
            f"QFrame#palette {{ background: {theme.raised.name()};"
            f" border: 1px solid {theme.border.name()}; border-radius: 10px }}"
            "QListView { background: transparent }"
        )

    def _read(self) -> None:
        others = (action for action in self._actions.all() if action.id != PALETTE)
        told = entries(others, self._fleet, self._mark)
        self._palette = Palette(told, self._recent)

    def _find(self, text: str) -> None:
        mark = text[:1] if bare(text) != text else ""
        if mark != self._mark:
            self._mark = mark
            self._read()
        found = self._palette.find(bare(text))
        selection = self._actions.selection
        self.model.clear()
        for entry in found:
            shown = hit(entry, self._fleet, self._actions.action, selection)
            item = QStandardItem(shown.title)
            item.setData(shown, HIT_ROLE)
            item.setData(shown.spoken, Qt.ItemDataRole.AccessibleTextRole)
            item.setToolTip(shown.reason)
            self.model.appendRow(item)
        self.list.setCurrentIndex(self.model.index(0, 0))
        self.foot.setText(self._foot(bool(found)))

    def _foot(self, is_found: bool) -> str:
        places = self._fleet.locations.values()
        live = sum(place.is_live for place in places)
        kept = sum(not place.is_live and place.picture is not None for place in places)
        over = f"Searched {number_text(live)} live and {number_text(kept)} remembered locations"
        if not is_found:
            return f"Nothing found. {over}. Take a letter away, or look for a part of the name."
        return f"Enter opens, Esc closes. {over}."

    def _move(self, key: Qt.Key) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10}.get(key, -10)
        last = self.model.rowCount() - 1
        row = max(0, min(last, self.list.currentIndex().row() + step))
        self.list.setCurrentIndex(self.model.index(row, 0))

    def _choose_current(self) -> None:
        self._choose(self.list.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        chosen = index.data(HIT_ROLE)
        if not isinstance(chosen, Hit):
            return
        if chosen.reason:
            self.foot.setText(chosen.reason)
            return
        self._remember(chosen.entry)
        self._leave()
        if chosen.entry.kind is EntryKind.ACTION:
            self._actions.qaction(chosen.entry.name).trigger()
        else:
            self._show_chosen(selection_of(chosen.entry))

    def _remember(self, entry: Entry) -> None:
        rest = [key for key in self._recent if key != entry.key]
        self._recent = [entry.key, *rest][:MOST_RECENT]

    def _leave(self) -> None:
        """The keyboard goes back to where it was."""
        self.hide()
        before = self._before
        if before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
