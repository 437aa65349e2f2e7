"""Fields with one text or one path on each line."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit

from sesam_master.core.path_text import path_bytes, path_text
from sesam_master.ui.theme import ThemeHolder

_ODD = "One of them has a line break in it: it can be shown, not written here."
_LINE = 17
_FRAME = 14


class LinesField(QPlainTextEdit):
    """Texts as they are, blanks too; empty lines say nothing. `rows` is its height in lines.
    `written` carries them after each change by a person."""

    written = Signal(tuple)

    def __init__(self, holder: ThemeHolder, what: str, hint: str, rows: int) -> None:
        super().__init__()
        self.setProperty("mono", True)
        self.setPlaceholderText(hint)
        self.setAccessibleName(what)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setMinimumHeight(holder.fonts.px(rows * _LINE + _FRAME))
        self.setMaximumHeight(holder.fonts.px(rows * _LINE + _FRAME))

        self.textChanged.connect(self._tell)

    def lines(self) -> tuple[str, ...]:
        """What stands there."""
        document = self.document()  # its plain text as a whole would turn odd blanks into blanks
        found = (document.findBlockByNumber(at).text() for at in range(document.blockCount()))
        return tuple(text for text in found if text)

    def show_lines(self, lines: Sequence[str]) -> None:
        """Nothing is told. What is being typed and means the same stays."""
        is_odd = any("\n" in text or "\u2029" in text or not text for text in lines)
        self.setReadOnly(is_odd)
        self.setToolTip(_ODD if is_odd else "")
        if self.lines() != tuple(lines):
            with QSignalBlocker(self):
                self.setPlainText("\n".join(lines))

    def _tell(self) -> None:
        if not self.isReadOnly():
            self.written.emit(self.lines())


class PathsField(LinesField):
    r"""Paths; bytes that are no text stand there as \xHH.

    Attributes:
        fault: why what was typed is no path; "" for nothing.
    """

    def __init__(self, holder: ThemeHolder, what: str, hint: str, rows: int) -> None:
        super().__init__(holder, what, hint, rows)
        self._shown: tuple[bytes, ...] = ()
        self.fault = ""

    def paths(self) -> tuple[bytes, ...] | None:
        """What stands there; None if one of them is no path, and `fault` says why."""
        try:
            found = tuple(path_bytes(text) for text in self.lines() if text.strip())
        except ValueError as error:
            self.fault = f"{error}: write a backslash as \\\\, and a byte that is no text as \\xE4."
            return None
        self.fault = ""
        self._shown = found
        return found

    def show_paths(self, paths: tuple[bytes, ...], *, is_other: bool) -> None:
        """Nothing is told. What is being typed stays, unless it is of another object."""
        if not is_other and (self.fault or self._shown == paths) and paths == self._shown:
            return
        self._shown, self.fault = paths, ""
        with QSignalBlocker(self):
            self.setPlainText("\n".join(map(path_text, paths)))
