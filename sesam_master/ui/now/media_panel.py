"""Media that somebody has to put in, above everything else that waits."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Role
from sesam_master.core.states import JobState
from sesam_master.core.wanted_media import WantedMedium
from sesam_master.ui.acts.answering import Loaded, Refusing
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import moment_text
from sesam_master.ui.icons import icon_pixmap
from sesam_master.ui.observing import observe_reason
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

SHOWN = 3
ICON = 18
_MAY = (Role.ADMIN, Role.OPERATOR)


class MediaPanel(QFrame):
    """Hidden while nothing is wanted and no answer is on its way. Of many media the first."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        place_of: Callable[[str], LocationState | None],
    ) -> None:
        super().__init__()
        self._place_of = place_of
        self.loaded = ActStrip(holder, bridge, Loaded(gateway))
        self.refusal = ActStrip(holder, bridge, Refusing(gateway))
        self.rows = [MediumRow(holder, zone) for _ in range(SHOWN)]
        self.more = ElidedLabel(holder, "", "secondary")
        self._box = QWidget()
        self._lay_out()
        for row in self.rows:
            row.it_is_in.clicked.connect(lambda _=False, row=row: self._answer(self.loaded, row))
            row.refuse.clicked.connect(lambda _=False, row=row: self._answer(self.refusal, row))
        self.show_wanted([])

    def show_wanted(self, wanted: Sequence[WantedMedium]) -> None:
        """Exactly these."""
        for at, row in enumerate(self.rows):
            medium = wanted[at] if at < len(wanted) else None
            row.show_medium(medium, _hindrance(medium, self._place_of) if medium else "")
        rest = len(wanted) - SHOWN
        self.more.set_text(f"{rest} more media are wanted; the queue below has all of them.")
        self.more.setVisible(rest > 0)
        self._box.setVisible(bool(wanted))

    def _answer(self, strip: ActStrip[WantedMedium], row: "MediumRow") -> None:
        if row.medium is not None:
            for each in (self.loaded, self.refusal):
                each.close_strip()
            strip.ask([row.medium])

    def _lay_out(self) -> None:
        inner = QVBoxLayout(self._box)
        inner.setContentsMargins(16, 8, 8, 8)
        inner.setSpacing(6)
        for row in self.rows:
            inner.addWidget(row)
        inner.addWidget(self.more)
        self._box.setProperty("surface", "raised")
        self._box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self._box, self.loaded, self.refusal):
            column.addWidget(widget)


class MediumRow(QWidget):
    """One medium: where it is wanted, by whom, and the two answers."""

    def __init__(self, holder: ThemeHolder, zone: tzinfo) -> None:
        super().__init__()
        self._holder = holder
        self._zone = zone
        self.medium: WantedMedium | None = None
        self._sign = QLabel()
        self.title = ElidedLabel(holder, "", "heading")
        self.details = ElidedLabel(holder, "", "secondary")
        self.it_is_in = QPushButton("It is in")
        self.refuse = QPushButton("Refuse …")
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.title)
        words.addWidget(self.details)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addLayout(words, 1)
        row.addWidget(self.it_is_in)
        row.addWidget(self.refuse)
        holder.changed.connect(self._take_theme)
        self._take_theme()

    def show_medium(self, medium: WantedMedium | None, hindrance: str) -> None:
        """`hindrance`: why it cannot be answered from here; empty if it can."""
        self.medium = medium
        self.setVisible(medium is not None)
        if medium is None:
            return
        self.title.set_text(wanted_words(medium))
        self.details.set_text(waiting_words(medium, self._zone))
        for button, deed in ((self.it_is_in, "It is in"), (self.refuse, "Refuse")):
            button.setEnabled(not hindrance)
            button.setToolTip(hindrance)
            button.setAccessibleName(f"{deed}: {medium.name} at {medium.location}")

    def _take_theme(self) -> None:
        size = self._holder.fonts.px(ICON)
        colour = self._holder.current.states[JobState.WARNING].word
        self._sign.setPixmap(icon_pixmap("hard-drive", size, colour, self.devicePixelRatioF()))


def wanted_words(medium: WantedMedium) -> str:
    """What a person has to do."""
    what = f"{medium.location}: put {medium.name} into the data store {medium.data_store}"
    return what if medium.is_live else f"{what}, as it was when the location was last seen"


def waiting_words(medium: WantedMedium, zone: tzinfo) -> str:
    """Who waits for it, and since when."""
    since = f" since {moment_text(medium.since, zone)}" if medium.since is not None else ""
    names = ", ".join(dict.fromkeys(medium.jobs))
    return f"{names} waits{since}" if len(medium.jobs) == 1 else f"{names} wait{since}"


def _hindrance(medium: WantedMedium, place_of: Callable[[str], LocationState | None]) -> str:
    place = place_of(medium.location_id)
    if place is None or not place.is_live:
        return f"{medium.location} is not connected."
    if (observed := observe_reason(place)) is not None:
        return observed
    if place.role not in _MAY:
        return f"Your role at {medium.location} does not allow it: ask an operator."
    return ""
