"""The colours of the desk, and how they reach the application and everybody who paints."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.fonts import Fonts, make_fonts
from sesam_master.ui.stylesheet import style_sheet


@dataclass(frozen=True)
class SignColours:
    """`word` for text and hollow signs, `fill` for a filled shape, `mark` for what lies on it.

    `fill` is None where the sign is never filled.
    """

    word: QColor
    fill: QColor | None
    mark: QColor


@dataclass(frozen=True, eq=False)
class Theme:
    """All colours of one appearance. An attribute per token, so a wrong name never is black."""

    name: str
    is_dark: bool
    window: QColor
    side: QColor
    base: QColor
    raised: QColor
    sunken: QColor
    line: QColor
    border: QColor
    control: QColor
    text: QColor
    text2: QColor
    text3: QColor
    link: QColor
    accent: QColor
    on_accent: QColor
    sel: QColor
    sel_inactive: QColor
    hover: QColor
    focus: QColor
    note: QColor
    note_line: QColor
    error_tint: QColor
    warning_tint: QColor
    broken_tint: QColor
    plot: QColor
    plot_area: QColor
    track: QColor
    states: Mapping[JobState, SignColours]
    connections: Mapping[Connection, SignColours]

    @classmethod
    def light(cls) -> "Theme":
        """The light appearance."""
        return _LIGHT

    @classmethod
    def dark(cls) -> "Theme":
        """The dark appearance."""
        return _DARK

    @property
    def error_text(self) -> QColor:
        """Text that says what is wrong; the word colour of the state error."""
        return self.states[JobState.ERROR].word

    def token(self, name: str) -> QColor:
        """A colour by its token name. Raises KeyError for a name that is no colour token."""
        value = getattr(self, name, None)
        if not isinstance(value, QColor):
            raise KeyError(f"{name!r} is no colour of the theme. There are: {', '.join(TOKENS)}.")
        return value

    def state(self, state: JobState) -> SignColours:
        """Colours of a state. Raises KeyError for what is not a state."""
        return self.states[state]

    def connection(self, connection: Connection) -> SignColours:
        """Colours of a connection. Raises KeyError for what is not a connection."""
        return self.connections[connection]

    def tint(self, state: JobState) -> QColor | None:
        """Background for lines and tiles in trouble, None where there is none."""
        tints = {
            JobState.ERROR: self.error_tint,
            JobState.WARNING: self.warning_tint,
            JobState.BROKEN: self.broken_tint,
        }
        return tints.get(state)


TOKENS = tuple(field.name for field in fields(Theme) if field.type is QColor)


class ThemeMode(StrEnum):
    """What a person chose: one of the two appearances, or that of the system."""

    LIGHT = "light"
    DARK = "dark"
    SYSTEM = "system"


class ThemeHolder(QObject):
    """Carries the present theme and fonts to whoever paints, and tells them of a change.

    It is handed to constructors. `changed` comes after palette and style sheet are set.
    """

    changed = Signal()

    def __init__(
        self, app: QApplication, mode: ThemeMode = ThemeMode.SYSTEM, fonts: Fonts | None = None
    ) -> None:
        super().__init__()
        self._app = app
        self._mode = mode
        self._fonts = fonts or make_fonts()
        self._text_px: float | None = None
        self._current = self._chosen()
        apply_theme(app, self._current, self._fonts)
        app.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def current(self) -> Theme:
        """The theme to paint with now."""
        return self._current

    @property
    def fonts(self) -> Fonts:
        """The fonts to paint with now."""
        return self._fonts

    @property
    def mode(self) -> ThemeMode:
        """What a person chose."""
        return self._mode

    def set_mode(self, mode: ThemeMode) -> None:
        """Choose light, dark or that of the system."""
        self._mode = mode
        self._show(self._chosen(), self._fonts)

    @property
    def text_px(self) -> float | None:
        """The size of the body text that a person chose, None: that of the system."""
        return self._text_px

    def set_text_px(self, size_px: float | None) -> None:
        """Body text of `size_px` or as the system has it; all sizes of the design follow."""
        self._text_px = size_px
        self._show(self._current, make_fonts(size_px))

    def _follow_system(self) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._show(self._chosen(), self._fonts)

    def _chosen(self) -> Theme:
        if self._mode is ThemeMode.SYSTEM:
            dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        else:
            dark = self._mode is ThemeMode.DARK
        return Theme.dark() if dark else Theme.light()

    def _show(self, theme: Theme, fonts: Fonts) -> None:
        if theme is self._current and fonts is self._fonts:
            return
        self._current = theme
        self._fonts = fonts
        apply_theme(self._app, theme, fonts)
        self.changed.emit()


def apply_theme(app: QApplication, theme: Theme, fonts: Fonts) -> None:
    """Give the application style, font, palette and style sheet of the theme."""
    app.setStyle("Fusion")
    app.setFont(fonts.body)
    app.setPalette(_palette(theme))
    app.setStyleSheet(style_sheet(theme.token, theme.name, fonts.px))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    everywhere = {
        role.Window: theme.window,
        role.Base: theme.base,
        role.AlternateBase: theme.side,
        role.Button: theme.raised,
        role.Text: theme.text,
        role.WindowText: theme.text,
        role.ButtonText: theme.text,
        role.BrightText: theme.on_accent,
        role.PlaceholderText: theme.text3,
        role.Highlight: theme.sel,
        role.HighlightedText: theme.text,
        role.Accent: theme.accent,
        role.Link: theme.link,
        role.LinkVisited: theme.link,
        role.Light: theme.raised,
        role.Midlight: theme.line,
        role.Mid: theme.border,
        role.Dark: theme.control,
        role.Shadow: theme.border,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
    }
    for colour_role, colour in everywhere.items():
        palette.setColor(colour_role, colour)
    palette.setColor(QPalette.ColorGroup.Inactive, role.Highlight, theme.sel_inactive)
    for colour_role in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, colour_role, theme.text3)
    return palette


def _sign(word: str, fill: str | None, mark: str) -> SignColours:
    return SignColours(QColor(word), QColor(fill) if fill else None, QColor(mark))


_LIGHT = Theme(
    name="light",
    is_dark=False,
    window=QColor("#F3F4F6"),
    side=QColor("#F7F8FA"),
    base=QColor("#FFFFFF"),
    raised=QColor("#FFFFFF"),
    sunken=QColor("#EDEFF2"),
    line=QColor("#E3E6EA"),
    border=QColor("#CDD2D9"),
    control=QColor("#838C97"),
    text=QColor("#1A1E24"),
    text2=QColor("#515A66"),
    text3=QColor("#5C6571"),
    link=QColor("#1A5CC8"),
    accent=QColor("#1F62D0"),
    on_accent=QColor("#FFFFFF"),
    sel=QColor("#DCE8FC"),
    sel_inactive=QColor("#E9ECF0"),
    hover=QColor("#F1F4F8"),
    focus=QColor("#1F62D0"),
    note=QColor("#FFF6E0"),
    note_line=QColor("#E3C37A"),
    error_tint=QColor("#FDECEC"),
    warning_tint=QColor("#FFF5DC"),
    broken_tint=QColor("#F7E8F4"),
    plot=QColor("#2F7DE0"),
    plot_area=QColor("#DCE8FC"),
    track=QColor("#EDEFF2"),
    states={
        JobState.OK: _sign("#0F7043", "#CBE8D6", "#0F7043"),
        JobState.WARNING: _sign("#7D5600", "#F5B93A", "#33230A"),
        JobState.ERROR: _sign("#C01F2B", "#CF2F3A", "#FFFFFF"),
        JobState.BROKEN: _sign("#7A1F6B", "#8A2B7A", "#FFFFFF"),
        JobState.ACTIVE: _sign("#1861C0", "#2F7DE0", "#FFFFFF"),
        JobState.QUEUED: _sign("#44688F", "#DDEAF9", "#44688F"),
        JobState.CANCELLED: _sign("#67627A", "#B5B0C4", "#3F3A50"),
        JobState.BLOCKED: _sign("#3F4753", "#68727F", "#FFFFFF"),
        JobState.LATE: _sign("#8F5A00", None, "#8F5A00"),
        JobState.MISSED: _sign("#C01F2B", None, "#C01F2B"),
        JobState.PLANNED: _sign("#5C6571", None, "#8A94A1"),
        JobState.NOT_PLANNED: _sign("#5C6571", None, "#8A93A0"),
        JobState.UNKNOWN: _sign("#5C6571", "#F1F2F4", "#6F7884"),
    },
    connections={
        Connection.ON: _sign("#0F7043", "#0F7043", "#FFFFFF"),
        Connection.STALE: _sign("#5C6571", None, "#6F7884"),
        Connection.BROKEN: _sign("#C01F2B", "#CF2F3A", "#FFFFFF"),
        Connection.OFF: _sign("#5C6571", None, "#6F7884"),
        Connection.CONNECTING: _sign("#5C6571", None, "#6F7884"),
    },
)

_DARK = Theme(
    name="dark",
    is_dark=True,
    window=QColor("#1D1F23"),
    side=QColor("#1A1C20"),
    base=QColor("#15171A"),
    raised=QColor("#23262B"),
    sunken=QColor("#101214"),
    line=QColor("#282B31"),
    border=QColor("#3A3F47"),
    control=QColor("#7C8591"),
    text=QColor("#E6E8EB"),
    text2=QColor("#AAB2BD"),
    text3=QColor("#959EAA"),
    link=QColor("#7FB0FF"),
    accent=QColor("#5A96FF"),
    on_accent=QColor("#0B1220"),
    sel=QColor("#1E3558"),
    sel_inactive=QColor("#2A2E35"),
    hover=QColor("#1E2126"),
    focus=QColor("#6BA1FF"),
    note=QColor("#33290F"),
    note_line=QColor("#6B5418"),
    error_tint=QColor("#3A1B1E"),
    warning_tint=QColor("#33290F"),
    broken_tint=QColor("#351C32"),
    plot=QColor("#5A96FF"),
    plot_area=QColor("#1E3558"),
    track=QColor("#3A3F47"),
    states={
        JobState.OK: _sign("#5CC48C", "#1A4632", "#6FD3A0"),
        JobState.WARNING: _sign("#F0B440", "#E5A72C", "#1E1503"),
        JobState.ERROR: _sign("#FF7B7B", "#E5484D", "#FFFFFF"),
        JobState.BROKEN: _sign("#E78AD6", "#A63F95", "#FFFFFF"),
        JobState.ACTIVE: _sign("#6BA8FF", "#3D83E0", "#FFFFFF"),
        JobState.QUEUED: _sign("#95B4D6", "#22384F", "#95B4D6"),
        JobState.CANCELLED: _sign("#B3ADC7", "#504E57", "#E2DEEE"),
        JobState.BLOCKED: _sign("#C3CAD3", "#B4BCC7", "#15171A"),
        JobState.LATE: _sign("#F0B440", None, "#F0B440"),
        JobState.MISSED: _sign("#FF7B7B", None, "#FF6B6E"),
        JobState.PLANNED: _sign("#97A0AC", None, "#7C8591"),
        JobState.NOT_PLANNED: _sign("#959EAA", None, "#6A727D"),
        JobState.UNKNOWN: _sign("#97A0AC", "#1E2125", "#8C95A1"),
    },
    connections={
        Connection.ON: _sign("#5CC48C", "#5CC48C", "#15171A"),
        Connection.STALE: _sign("#97A0AC", None, "#8C95A1"),
        Connection.BROKEN: _sign("#FF7B7B", "#E5484D", "#FFFFFF"),
        Connection.OFF: _sign("#97A0AC", None, "#8C95A1"),
        Connection.CONNECTING: _sign("#97A0AC", None, "#8C95A1"),
    },
)
