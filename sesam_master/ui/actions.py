"""What can be done, as data: one table feeds menus, tool bar and context menus."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person chose: a location of the tree, with what of it; or rows of the results.

    `tasks` are (location id, task name), `jobs` (location id, job id); both may be of several
    locations. `location_id` is that of all of them, else empty. `client` and `saveset` only if one
    was chosen. `farm` is the id of a farm of the tree, `stranger` that of a location which the
    farms know and the desk does not list.
    """

    location_id: str = ""
    tasks: tuple[tuple[str, str], ...] = ()
    client: str = ""
    jobs: tuple[tuple[str, str], ...] = ()
    saveset: str = ""
    farm: str = ""
    stranger: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """`enabled_when` gives the reason why it cannot be done for a selection, None if it can."""

    id: str
    text: str
    icon: str
    shortcut: str
    enabled_when: Callable[[Selection], str | None]
    run: Callable[[Selection], None]


def always(_selection: Selection) -> str | None:
    """For actions that need no selection."""
    return None


class ActionSet(QObject):
    """The actions as QActions that follow the selection. A disabled one says why as tooltip."""

    def __init__(self, holder: ThemeHolder, actions: Iterable[Action], parent: QObject) -> None:
        super().__init__(parent)
        self._selection = Selection()
        self._actions = {action.id: action for action in actions}
        self._qactions = {
            action.id: self._make(holder, action) for action in self._actions.values()
        }
        self.refresh()

    @property
    def selection(self) -> Selection:
        """What the actions work on now."""
        return self._selection

    def qaction(self, action_id: str) -> QAction:
        """Raises KeyError for an unknown id."""
        return self._qactions[action_id]

    def all(self) -> list[Action]:
        """In the order in which they were given."""
        return list(self._actions.values())

    def action(self, action_id: str) -> Action | None:
        """What an id stands for."""
        return self._actions.get(action_id)

    def set_selection(self, selection: Selection) -> None:
        self._selection = selection
        self.refresh()

    def refresh(self) -> None:
        """Asks again what can be done, after the fleet changed."""
        for action_id, action in self._actions.items():
            reason = action.enabled_when(self._selection)
            qaction = self._qactions[action_id]
            qaction.setEnabled(reason is None)
            qaction.setToolTip(reason or _hint(action))

    def _make(self, holder: ThemeHolder, action: Action) -> QAction:
        qaction = QAction(action.text, self)
        if action.icon:
            qaction.setIcon(icon(action.icon, holder))
        if action.shortcut:
            qaction.setShortcut(QKeySequence(action.shortcut))
        qaction.triggered.connect(lambda: action.run(self._selection))
        return qaction


def _hint(action: Action) -> str:
    return f"{action.text} ({action.shortcut})" if action.shortcut else action.text
