"""Chooses a tag for the filter of the tree."""

from PySide6.QtWidgets import QLineEdit, QMenu, QToolButton

from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder


class TagButton(QToolButton):
    """Puts a tag into the field, or takes it out; not there while no tag is used."""

    def __init__(self, holder: ThemeHolder, field: QLineEdit) -> None:
        super().__init__()
        self._field = field
        self._tags: list[str] = []
        self._menu = QMenu(self)
        self.setIcon(icon("tag", holder))
        self.setToolTip("Filter by a tag")
        self.setAccessibleName("Filter by a tag")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(self._menu)
        self.setAutoRaise(True)
        self._menu.aboutToShow.connect(self._fill)
        self.hide()

    def set_tags(self, tags: list[str]) -> None:
        """All that are used."""
        self._tags = tags
        self.setVisible(bool(tags))

    def _fill(self) -> None:
        chosen = {word.casefold() for word in self._field.text().split()}
        self._menu.clear()
        for tag in self._tags:
            action = self._menu.addAction(f"#{tag}")
            action.setCheckable(True)
            action.setChecked(f"#{tag}".casefold() in chosen)
            action.triggered.connect(lambda _=False, tag=tag: self._toggle(tag))

    def _toggle(self, tag: str) -> None:
        words, wanted = self._field.text().split(), f"#{tag}"
        rest = [word for word in words if word.casefold() != wanted.casefold()]
        self._field.setText(" ".join(rest if len(rest) < len(words) else [*words, wanted]))
