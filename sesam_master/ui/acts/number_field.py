"""The field into which a person types how much is about to be done, where it is much."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit

from sesam_master.core.acts import Act, ItemT, counted, is_far_reaching


class NumberField(QLineEdit):
    """Shown only where the number is asked for."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.setMaximumWidth(width)
        self._needed = ""

    @property
    def missing(self) -> str:
        """What has to be done first; "" if nothing."""
        is_typed = self.text().strip() == self._needed
        return f"Type {self._needed} at the left first" if self._needed and not is_typed else ""

    def ask_for(self, acts: Sequence[Act[ItemT]]) -> None:
        """These are about to be done."""
        self._needed = str(counted(acts)) if is_far_reaching(acts) else ""
        self.setVisible(bool(self._needed))
        self.setPlaceholderText(f"Type {self._needed}")
        self.setAccessibleName(f"Type {self._needed} to confirm")
