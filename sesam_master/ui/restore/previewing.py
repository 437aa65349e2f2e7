"""What a preview shows of the content of a file. No widgets, so that it can be made beside the
window's thread."""

import codecs
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader

TEXT_BYTES = 256 << 10  # of a text that are shown
PICTURE_BYTES = 16 << 20  # of a picture's file, at most
MOST_PIXELS = 100_000_000  # that a picture says it has: one may say far more than its file holds
_MOST_MEGABYTES = 512  # that Qt may take for one: 100 million pixels of 4 bytes and some more
_LONGEST_LINE = 4000  # characters; longer ones hold up the window
_PRINTABLE = (
    frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r\f\b\x1b") | frozenset(range(0xA0, 256))
)
_ODD_SHARE = 0.02  # of signs that no text has, up to which bytes are taken for a text
_FORMATS = frozenset(b"bmp gif ico icns jpeg jpg pbm pgm png ppm tga tif tiff wbmp webp".split())
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text or a picture, or neither; `note` is what is to be said of it."""

    note: str
    text: str | None = None
    picture: QImage | None = None


def picture_format(data: bytes) -> str:
    """The format that the beginning of a file tells; "" if it is no picture that is shown."""
    buffer = _buffer(data)
    found = bytes(QImageReader.imageFormat(buffer).data())
    return found.decode("ascii") if found in _FORMATS else ""


def picture_of(data: bytes, form: str, most: QSize) -> Shown:
    """A picture no larger than `most`, in pixels of the screen."""
    QImageReader.setAllocationLimit(_MOST_MEGABYTES)
    buffer = _buffer(data)
    reader = QImageReader(buffer, QByteArray(form.encode("ascii")))
    reader.setAutoTransform(True)
    size = reader.size()
    name = form.upper()
    if not size.isValid():
        return Shown(f"A picture ({name}) that cannot be read: it does not say how large it is.")
    dimensions = f"{size.width()} × {size.height()} pixels"
    if size.width() * size.height() > MOST_PIXELS:
        return Shown(f"A picture ({name}) of {dimensions}: too large to be shown here.")
    turned = QImageIOHandler.Transformation.TransformationRotate90
    is_turned = bool(reader.transformation() & turned)
    room = most.transposed() if is_turned else most
    if size.width() > room.width() or size.height() > room.height():
        reader.setScaledSize(size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio))
    picture = reader.read()
    if picture.isNull():
        return Shown(f"A picture ({name}) that cannot be read: {reader.errorString()}.")
    return Shown(f"{name}, {dimensions}", picture=picture)


def text_of(data: bytes, size: int) -> Shown | None:
    """What is a text of some kind; None for anything else. `size`: of the whole file."""
    if not size:
        return Shown("The file is empty.")
    found = _decoded(data)
    if found is None:
        return None
    text, name = found
    lines = text.split("\n")
    is_long = any(len(line) > _LONGEST_LINE for line in lines)
    if is_long:
        lines = [
            line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …" for line in lines
        ]
    said = [name]
    if len(data) < size:
        said.append(f"only the first {len(data) >> 10} KiB are shown")
    if is_long:
        said.append("long lines are cut")
    return Shown(", ".join(said), text="\n".join(lines).replace("\r", ""))


def _decoded(data: bytes) -> tuple[str, str] | None:
    for bom, codec, name in _BOMS:
        if data.startswith(bom):
            return codecs.getincrementaldecoder(codec)("replace").decode(data), name
    if b"\0" in data:
        return None
    try:
        # A sign that the end of the piece has cut is left out.
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
        return (text, "UTF-8") if _is_text(text.encode("latin-1", "ignore")) else None
    except UnicodeDecodeError:
        return (data.decode("latin-1"), "Latin-1") if _is_text(data) else None


def _is_text(data: bytes) -> bool:
    odd = len(data.translate(None, bytes(_PRINTABLE)))
    return odd <= _ODD_SHARE * len(data)


def _buffer(data: bytes) -> QBuffer:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return buffer
