"""The beginning of a saved file: a text, a picture, or a sentence that says what it is."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.client_files_source import ClientFilesSource
from sesam_master.core.records import Entry, EntryKind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import size_text
from sesam_master.ui.notices import notice
from sesam_master.ui.restore.previewing import (
    PICTURE_BYTES,
    TEXT_BYTES,
    Shown,
    picture_format,
    picture_of,
    text_of,
)
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

_LEAST = QSize(320, 240)  # of a picture that is asked for, in px
_CHOOSE = "Choose a file in the tree to look into it."
_WHAT = {
    EntryKind.DIRECTORY: "A directory: open it in the tree.",
    EntryKind.FIFO: "A pipe: it has no content of its own.",
    EntryKind.SOCKET: "A socket: it is listed, and never saved.",
    EntryKind.BLOCK_DEVICE: "A device: it has no content of its own.",
    EntryKind.CHARACTER_DEVICE: "A device: it has no content of its own.",
}


class PreviewPane(QWidget):
    """Reads a file only while it is open; another choice ends what is on its way."""

    def __init__(
        self, holder: ThemeHolder, bridge: Bridge, source: ClientFilesSource, location_id: str
    ) -> None:
        super().__init__()
        self._bridge, self._source, self._location_id = bridge, source, location_id
        self._holder = holder
        self._wanted: tuple[str, str, Entry] | None = None
        self._shown: tuple[str, bytes] | None = None
        self._drop: Callable[[], None] | None = None
        self.toggle = QPushButton("Preview")
        self.toggle.setCheckable(True)
        self.toggle.setToolTip("Show what is in the chosen file (Ctrl+P)")
        self.toggle.setShortcut("Ctrl+P")
        self.note = ElidedLabel(holder, "", "secondary")
        self.words = WrappedLabel(_CHOOSE, "secondary")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setContentsMargins(24, 12, 24, 12)
        self.text = QPlainTextEdit()
        self.picture = _Picture()
        self._stack = QStackedWidget()
        self._lay_out()
        self.toggle.toggled.connect(self._turn)

    @property
    def is_open(self) -> bool:
        """Whether files are read for it."""
        return self.toggle.isChecked()

    def show_entry(self, location: str, saveset: str, entry: Entry | None) -> None:
        """Another file is the chosen one; None for none."""
        self._wanted = None if entry is None else (location, saveset, entry)
        if self.is_open:
            self._show()

    # -- inside

    def _lay_out(self) -> None:
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.text.setProperty("mono", True)
        self.text.setFont(font)
        self.text.setAccessibleName("Beginning of the file")
        for widget in (self.words, self.text, self.picture):
            self._stack.addWidget(widget)
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 6)
        head.setSpacing(10)
        head.addWidget(self.toggle)
        head.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        self._stack.hide()

    def _turn(self, is_open: bool) -> None:
        self._stack.setVisible(is_open)
        if is_open:
            self._show()
        else:
            self._end()
            self._shown = None
            self.note.set_text("")

    def _end(self) -> None:
        drop, self._drop = self._drop, None
        if drop is not None:
            drop()

    def _show(self) -> None:
        wanted = self._wanted
        key = None if wanted is None else (wanted[1], wanted[2].path)
        if key is not None and key == self._shown:
            return
        self._end()
        self._shown = key
        if wanted is None:
            self._say(_CHOOSE)
            return
        location, saveset, entry = wanted
        said = _without_reading(entry)
        if said:
            self._say(said)
            return
        self._say("Reading …")

        def failed(error: Exception) -> None:
            self._drop = None
            self._shown = None  # so that choosing it again tries again
            self._say(notice(error, f"look into {shown_name(entry.path)}", location).text)

        question = _loaded(self._source, self._location_id, saveset, entry, self._room())
        self._drop = self._bridge.ask(question, self, self._take, failed)

    def _room(self) -> QSize:
        ratio = self.devicePixelRatioF()
        return self._stack.size().expandedTo(_LEAST) * ratio

    def _take(self, shown: Shown) -> None:
        self._drop = None
        if shown.text is not None:
            self.text.setPlainText(shown.text)
            self._stack.setCurrentWidget(self.text)
        elif shown.picture is not None:
            self.picture.show_picture(shown.picture, shown.note)
            self._stack.setCurrentWidget(self.picture)
        else:
            self._say(shown.note)
            return
        self.note.set_text(shown.note)

    def _say(self, sentence: str) -> None:
        self.note.set_text("")
        self.words.setText(sentence)
        self._stack.setCurrentWidget(self.words)


class _Picture(QWidget):
    """A picture in the middle, never larger than it is, with its sides in proportion."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def show_picture(self, picture: QImage, words: str) -> None:
        self._pixmap = QPixmap.fromImage(picture)
        self._pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.setAccessibleName(f"Picture, {words}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Scaled down to the room that there is."""
        if self._pixmap.isNull():
            return
        size = self._pixmap.deviceIndependentSize().toSize()
        room = self.size() - QSize(24, 24)
        if size.width() > room.width() or size.height() > room.height():
            size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, self._pixmap)


def _without_reading(entry: Entry) -> str:
    """What there is to say of what cannot be looked into; "" for a file that can."""
    if entry.kind is EntryKind.SYMLINK:
        return f"A symbolic link to {shown_name(entry.link_target)}."
    if entry.kind is EntryKind.FILE:
        return "" if entry.home is not None else "It was listed, and not saved."
    return _WHAT[entry.kind]


async def _loaded(
    source: ClientFilesSource, location_id: str, saveset: str, entry: Entry, room: QSize
) -> Shown:
    """On the network thread; what takes long is done beside it."""
    piece = await source.read_entry(location_id, saveset, entry.path, TEXT_BYTES)
    form = picture_format(piece.data)
    size = size_text(piece.size)
    if form:
        if piece.size > PICTURE_BYTES:
            return Shown(f"A picture ({form.upper()}) of {size}: too large to be shown here.")
        if piece.size > len(piece.data):
            piece = await source.read_entry(location_id, saveset, entry.path, PICTURE_BYTES)
        return await asyncio.to_thread(picture_of, piece.data, form, room)
    shown = text_of(piece.data, piece.size)
    return shown or Shown(f"A file of {size}, neither a text nor a picture that can be shown.")
