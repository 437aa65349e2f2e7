"""The type of the desk: bundled families, sizes and weights, made once and shared by painters."""

from dataclasses import dataclass, field
from functools import cache

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo

from sesam_master.ui.resources import font_paths

TEXT_FAMILY = "Inter"
MONO_FAMILY = "JetBrains Mono"
BASE_PX = 13.0
SMALLEST_PX = 10


@cache
def _load_bundled_fonts() -> None:
    for path in font_paths():
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"Qt cannot read the font {path}. Install the package again.")


def system_px() -> float:
    """Pixel size of the font that the system asks for, never below the size of the design.

    `QFont.pointSize()` is -1 for fonts that are set in pixels, hence the way over QFontInfo.
    """
    asked = QFontInfo(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)).pixelSize()
    return max(BASE_PX, float(asked))


@dataclass(frozen=True)
class Fonts:
    """Every font that the desk paints with. Painters take them from here and never build one."""

    scale: float
    body: QFont = field(compare=False)
    body_medium: QFont = field(compare=False)
    body_bold: QFont = field(compare=False)
    small: QFont = field(compare=False)
    small_medium: QFont = field(compare=False)
    small_bold: QFont = field(compare=False)
    tiny: QFont = field(compare=False)
    title: QFont = field(compare=False)
    heading: QFont = field(compare=False)
    big_number: QFont = field(compare=False)
    strip_number: QFont = field(compare=False)
    mono: QFont = field(compare=False)

    def px(self, design_px: float) -> int:
        """A length of the design (for a 13 px system font) at the present font size."""
        return round(design_px * self.scale)


def make_fonts(size_px: float | None = None, family: str = TEXT_FAMILY) -> Fonts:
    """The fonts for a body text of `size_px` (default: what the system asks for).

    Needs a QGuiApplication. Raises RuntimeError when a bundled font cannot be read.
    """
    _load_bundled_fonts()
    scale = (system_px() if size_px is None else size_px) / BASE_PX

    def text(design_px: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        font = QFont(family)
        font.setPixelSize(max(SMALLEST_PX, round(design_px * scale)))
        font.setWeight(weight)
        # Columns wobble without tabular figures; contextual forms change widths while typing.
        font.setFeature(QFont.Tag("tnum"), 1)
        font.setFeature(QFont.Tag("calt"), 0)
        return font

    mono = QFont(MONO_FAMILY)
    mono.setPixelSize(max(SMALLEST_PX, round(12 * scale)))
    mono.setStyleHint(QFont.StyleHint.Monospace)
    medium, bold = QFont.Weight.Medium, QFont.Weight.DemiBold
    return Fonts(
        scale=scale,
        body=text(13),
        body_medium=text(13, medium),
        body_bold=text(13, bold),
        small=text(12),
        small_medium=text(12, medium),
        small_bold=text(12, bold),
        tiny=text(11, medium),
        title=text(18, bold),
        heading=text(14, bold),
        big_number=text(25, bold),
        strip_number=text(22, bold),
        mono=mono,
    )
