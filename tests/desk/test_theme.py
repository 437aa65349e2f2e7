"""Every token is there in both themes, and is as readable as promised."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.fonts import make_fonts
from sesam_master.ui.icons import icon
from sesam_master.ui.resources import font_paths, icon_path, mark_path, resources_directory
from sesam_master.ui.stylesheet import style_sheet
from sesam_master.ui.theme import TOKENS, Theme, ThemeHolder, ThemeMode

TEXT = 4.5  # WCAG 2.1, 1.4.3
SIGN = 3.0  # WCAG 2.1, 1.4.11
THEMES = [Theme.light(), Theme.dark()]
both_themes = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)


def luminance(colour: QColor) -> float:
    """Relative luminance after WCAG 2.1."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio after WCAG 2.1."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_formula() -> None:
    assert contrast(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21)


@both_themes
def test_every_state_and_connection_has_colours(theme: Theme) -> None:
    for state in JobState:
        assert theme.state(state).word.isValid()
        assert theme.state(state).mark.isValid()
    for connection in Connection:
        assert theme.connection(connection).word.isValid()


@both_themes
def test_unknown_names_raise(theme: Theme) -> None:
    with pytest.raises(KeyError, match="no colour of the theme"):
        theme.token("backgrnd")
    with pytest.raises(KeyError):
        theme.token("name")
    with pytest.raises(KeyError):
        theme.state("finished")  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        theme.connection("lost")  # type: ignore[arg-type]


@both_themes
def test_texts_are_readable_also_on_selection(theme: Theme) -> None:
    grounds = (theme.base, theme.sel, theme.side, theme.window, theme.hover, theme.raised)
    for ground in grounds:
        for text in (theme.text, theme.text2, theme.text3):
            assert contrast(text, ground) >= TEXT, (text.name(), ground.name())
    assert contrast(theme.link, theme.base) >= TEXT
    assert contrast(theme.on_accent, theme.accent) >= TEXT
    for tint in (theme.note, theme.error_tint, theme.warning_tint, theme.broken_tint):
        assert contrast(theme.text, tint) >= TEXT
        assert contrast(theme.text2, tint) >= TEXT


@both_themes
@pytest.mark.parametrize("state", list(JobState))
def test_state_words_and_marks(theme: Theme, state: JobState) -> None:
    colours = theme.state(state)
    assert contrast(colours.word, theme.base) >= TEXT
    assert contrast(colours.word, theme.sel) >= TEXT
    ground = theme.base if colours.fill is None else colours.fill
    assert contrast(colours.mark, ground) >= SIGN


@both_themes
def test_connection_signs_stand_out(theme: Theme) -> None:
    for connection in Connection:
        colours = theme.connection(connection)
        for ground in (theme.base, theme.side, theme.sel):
            sign = colours.fill if colours.fill is not None else colours.mark
            assert contrast(sign, ground) >= SIGN, (connection, ground.name())


@both_themes
def test_controls_and_focus_stand_out(theme: Theme) -> None:
    assert contrast(theme.control, theme.base) >= SIGN
    assert contrast(theme.focus, theme.base) >= SIGN
    assert contrast(theme.focus, theme.sel) >= SIGN
    assert contrast(theme.plot, theme.base) >= SIGN


@both_themes
def test_marks_carry_the_colours_of_their_theme(theme: Theme) -> None:
    tokens = {
        "check": theme.on_accent,
        "minus": theme.on_accent,
        "dot": theme.accent,
        "chevron-down": theme.text2,
        "chevron-left": theme.text2,
        "chevron-right": theme.text2,
        "chevron-up": theme.text2,
        "close": theme.text2,
    }
    for name, colour in tokens.items():
        assert colour.name().upper() in mark_path(theme.name, name).read_text().upper()
    bundled = {path.stem for path in (resources_directory() / "marks" / theme.name).iterdir()}
    assert bundled == set(tokens)


@both_themes
def test_style_sheet_is_filled_in(theme: Theme) -> None:
    rules = style_sheet(theme.token, theme.name, round)
    assert "@" not in rules
    assert theme.accent.name() in rules


def test_style_sheet_asks_only_for_known_tokens() -> None:
    asked: set[str] = set()

    def token(name: str) -> QColor:
        asked.add(name)
        return Theme.light().token(name)

    style_sheet(token, "light", round)
    assert asked - {"error_text"} <= set(TOKENS)


@pytest.fixture
def holder(qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT, make_fonts(13))


def test_palette_follows_the_theme(qapp: QApplication, holder: ThemeHolder, qtbot: QtBot) -> None:
    assert qapp.palette().color(QPalette.ColorRole.Base) == Theme.light().base
    with qtbot.waitSignal(holder.changed):
        holder.set_mode(ThemeMode.DARK)
    palette = qapp.palette()
    assert holder.current is Theme.dark()
    assert palette.color(QPalette.ColorRole.Highlight) == Theme.dark().sel
    assert palette.color(QPalette.ColorRole.HighlightedText) == Theme.dark().text
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == Theme.dark().text3


def test_the_same_theme_is_not_set_twice(holder: ThemeHolder, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(holder.changed):
        holder.set_mode(ThemeMode.LIGHT)


def test_all_sizes_follow_the_font_size(holder: ThemeHolder) -> None:
    holder.set_text_px(20)
    fonts = holder.fonts
    assert (fonts.body.pixelSize(), fonts.small.pixelSize(), fonts.title.pixelSize()) == (
        20,
        18,
        28,
    )
    assert fonts.px(94) == 145


def test_bundled_fonts_are_used(holder: ThemeHolder) -> None:
    assert QFontInfo(holder.fonts.body).family() == "Inter"
    assert QFontInfo(holder.fonts.mono).family() == "JetBrains Mono"
    assert [path.name for path in font_paths()] == [
        "Inter-Medium.otf",
        "Inter-Regular.otf",
        "Inter-SemiBold.otf",
        "JetBrainsMono-Regular.ttf",
    ]


@pytest.mark.parametrize(
    "ask",
    [lambda: icon_path("no-such-icon"), lambda: mark_path("light", "no-such-mark")],
)
def test_unknown_icons_and_marks_raise(ask: Callable[[], QObject]) -> None:
    with pytest.raises(KeyError, match="no-such"):
        ask()


def test_icon_refuses_unknown_names(holder: ThemeHolder) -> None:
    with pytest.raises(KeyError):
        icon("no-such-icon", holder)
    with pytest.raises(KeyError):
        icon("play", holder, token="no-such-token")
