"""Signs and icons: each in a shape of its own, sharp at every ratio, in the colour of the theme."""

import gc

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.fonts import make_fonts
from sesam_master.ui.icons import icon
from sesam_master.ui.resources import resources_directory
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import Theme, ThemeHolder, ThemeMode


@pytest.fixture
def holder(qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT, make_fonts(13))


def shape(pixmap: QPixmap) -> bytes:
    """Where ink is, without its colour."""
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_Alpha8)
    return bytes(image.constBits())


def inked(pixmap: QPixmap) -> int:
    image = pixmap.toImage()
    return sum(
        image.pixelColor(x, y).alpha() > 0
        for x in range(image.width())
        for y in range(image.height())
    )


@pytest.mark.parametrize("size", [12, 14, 16])
def test_every_sign_has_a_picture_of_its_own(holder: ThemeHolder, size: int) -> None:
    atlas = SignAtlas(holder)
    signs: list[JobState | Connection] = [*JobState, *Connection]
    pictures = {shape(grey(atlas.sign(sign, size))) for sign in signs}
    assert len(pictures) == len(signs)


def grey(pixmap: QPixmap) -> QPixmap:
    """The pixmap as somebody without colours sees it, on white."""
    image = QImage(pixmap.size(), QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.drawPixmap(0, 0, pixmap)
    painter.end()
    for y in range(image.height()):
        for x in range(image.width()):
            image.setPixelColor(x, y, QColor(0, 0, 0, 255 - image.pixelColor(x, y).lightness()))
    return QPixmap.fromImage(image)


def test_broken_job_and_broken_connection_share_no_shape(holder: ThemeHolder) -> None:
    atlas = SignAtlas(holder)
    job, connection = atlas.sign(JobState.BROKEN, 16), atlas.sign(Connection.BROKEN, 16)
    assert shape(job) != shape(connection)


def test_atlas_renders_once_and_again_for_another_theme(holder: ThemeHolder) -> None:
    atlas = SignAtlas(holder)
    first = atlas.state(JobState.ERROR, 16)
    assert atlas.state(JobState.ERROR, 16).cacheKey() == first.cacheKey()
    holder.set_mode(ThemeMode.DARK)
    assert atlas.state(JobState.ERROR, 16).cacheKey() != first.cacheKey()


def test_atlas_renders_for_the_ratio_of_the_screen(holder: ThemeHolder) -> None:
    pixmap = SignAtlas(holder).state(JobState.OK, 16, ratio=2.0)
    assert pixmap.size() == QSize(32, 32)
    assert pixmap.deviceIndependentSize().toSize() == QSize(16, 16)


def ink(icon_: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> QColor:
    """The strongest colour in an icon."""
    image = icon_.pixmap(QSize(32, 32), 1.0, mode).toImage()
    colours = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
    return max(colours, key=QColor.alpha)


def test_icon_takes_the_colour_of_mode_and_theme(holder: ThemeHolder) -> None:
    search = icon("search", holder)
    assert ink(search).name() == Theme.light().text2.name()
    assert ink(search, QIcon.Mode.Selected).name() == Theme.light().accent.name()
    assert ink(search, QIcon.Mode.Disabled).name() == Theme.light().text3.name()
    holder.set_mode(ThemeMode.DARK)
    assert ink(search).name() == Theme.dark().text2.name()


def test_icon_on_the_primary_button_stays_readable(holder: ThemeHolder) -> None:
    plus = icon("plus", holder, "on_accent")
    assert ink(plus).name() == Theme.light().on_accent.name()
    assert ink(plus, QIcon.Mode.Selected).name() == Theme.light().on_accent.name()


def test_icon_is_sharp_at_two_and_can_be_wide(holder: ThemeHolder) -> None:
    pixmap = icon("play", holder).pixmap(QSize(22, 16), 2.0)
    assert pixmap.size() == QSize(44, 32)
    assert pixmap.devicePixelRatio() == 2.0


def test_icon_outlives_python_references(holder: ThemeHolder) -> None:
    kept = QIcon(icon("play", holder))
    gc.collect()
    assert inked(kept.pixmap(QSize(16, 16), 1.0)) > 10


def test_every_bundled_icon_can_be_painted(holder: ThemeHolder) -> None:
    names = sorted(path.stem for path in (resources_directory() / "icons").glob("*.svg"))
    assert len(names) > 50
    empty = [name for name in names if inked(icon(name, holder).pixmap(QSize(16, 16), 1.0)) < 4]
    assert empty == []
