"""The field for a whole number."""

from PySide6.QtWidgets import QSpinBox, QWidget

INSET = 8


class NumberField(QSpinBox):
    """A spin box whose text stands where that of other fields does.

    Qt leaves the padding of a style sheet out at the left of spin boxes.
    """

    def __init__(
        self, lowest: int, highest: int, value: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setRange(lowest, highest)
        self.setValue(value)
        self.lineEdit().setTextMargins(INSET, 0, 0, 0)
