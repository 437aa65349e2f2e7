"""The button of a page that says by what its rows are grouped."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from sesam_master.core.results_groups import Grouping
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.filter_button import FilterButton

WORDS = {
    Grouping.NONE: "none",
    Grouping.TASK: "task",
    Grouping.CLIENT: "client",
    Grouping.LOCATION: "location",
    Grouping.FARM: "farm",
    Grouping.TASK_GROUP: "task group",
    Grouping.STATE: "state",
}


class GroupingButton(FilterButton):
    """Offers some groupings. `all_opened` carries whether all groups are to be open, or closed."""

    chosen = Signal(object)
    all_opened = Signal(bool)

    def __init__(
        self, holder: ThemeHolder, groupings: Iterable[Grouping], parent: QWidget | None = None
    ) -> None:
        super().__init__(holder, "rows-3", "", parent=parent)
        menu, group = QMenu(self), QActionGroup(self)
        self._actions: dict[Grouping, QAction] = {}
        for grouping in groupings:
            action = menu.addAction(WORDS[grouping].capitalize())
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, g=grouping: self.chosen.emit(g))
            group.addAction(action)
            self._actions[grouping] = action
        menu.addSeparator()
        self._all_groups = [
            menu.addAction("Open all groups", lambda: self.all_opened.emit(True)),
            menu.addAction("Close all groups", lambda: self.all_opened.emit(False)),
        ]
        self.set_menu(menu)
        self.show_grouping(Grouping.NONE)

    def show_grouping(self, grouping: Grouping) -> None:
        """This one is chosen now."""
        self.set_text(f"Group: {WORDS[grouping]}")
        self.setToolTip(self.text())
        self.set_narrowing(grouping is not Grouping.NONE)
        self._actions[grouping].setChecked(True)
        for action in self._all_groups:
            action.setEnabled(grouping is not Grouping.NONE)
