"""The window License Info (Alt+L): the verdict, what has to be sent to order a licence, what is
used of it, and the way to install one (manual, "Licensing")."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from urllib.parse import quote

import tzlocal
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.licence import Licence, LicenceOrder
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text, size_text
from sesam_master.ui.icons import icon
from sesam_master.ui.licence.columns import as_of_words, used_of
from sesam_master.ui.licence.presenter import LARGEST_FILE, LicencePresenter
from sesam_master.ui.licence.words import end_day, last_day, unknown_words, verdict_of
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

LONGEST_NOTE = 100
_KINDS = "Licence files (*.ini *.lic *.txt);;All files (*)"
_SERVER = ("Server name", "Addresses", "Platform", "Location id")
_LICENCE = ("Number", "Customer", "Edition", "Licensed for", "Valid until", "Maintenance until")
_USED = ("Clients", "Volume, front side", "Modules")
_MONO = frozenset({"Addresses", "Location id"})


class LicenceWindow(QDialog):
    """Not modal. `open_url` hands a mail to the system's own program."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        open_url: Callable[[QUrl], bool] = QDesktopServices.openUrl,
    ) -> None:
        super().__init__(parent)
        self.setModal(False)
        self._bridge = bridge
        self._clock = clock
        self._zone = tzlocal.get_localzone()
        self.open_url = open_url
        self.presenter = LicencePresenter(
            *(bridge, gateway, location_id, self._zone, clock, lambda: str(uuid.uuid4()), self)
        )
        self.places = QComboBox()
        self.places.setAccessibleName("Location")
        self.banner = Banner(holder, "")
        self.headline = QLabel()
        self.headline.setProperty("role", "heading")
        self.sentence = WrappedLabel()
        self.needed = QLabel()
        self.needed.setProperty("role", "heading")
        self.values = {name: _value(name) for name in (*_SERVER, *_LICENCE, *_USED)}
        self.delivery_note = QLineEdit()
        self.delivery_note.setMaxLength(LONGEST_NOTE)
        self.delivery_note.setPlaceholderText("not entered")
        self.delivery_note.setAccessibleName("Delivery note")
        self.terms = QWidget()
        self.note = WrappedLabel()
        self.load_button = QPushButton(icon("upload", holder, "on_accent"), "Load licence file")
        self.copy_button = QPushButton(icon("copy", holder), "Copy request")
        self.mail_button = QPushButton(icon("mail", holder), "Write mail")
        self.close_button = QPushButton("Close")
        self._lay_out(holder)
        self._connect()
        self._list_places()
        self._show()

    def choose(self, location_id: str) -> None:
        """Shows another location."""
        self.note.setText("")
        self.presenter.choose(location_id)
        self._list_places()

    def load(self, path: Path) -> None:
        """Sends a file to the location, which says whether it counts there."""
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            self._say(f"{path} cannot be read: {error.strerror}. Choose another file.", False)
            return
        self._say(f"{self.presenter.place.name} looks at {path.name} …", True)
        self.presenter.install(path.name, content)

    # -- inside

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.load_button.setProperty("primary", True)
        self.load_button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        for widget in (self.places, self.banner, self.headline, self.sentence):
            column.addWidget(widget)
        server = _form(self.values, _SERVER)
        server.addRow(_label("Delivery note"), self.delivery_note)
        column.addWidget(_line())
        column.addWidget(self.needed)
        column.addLayout(server)
        terms = QVBoxLayout(self.terms)
        terms.setContentsMargins(0, 0, 0, 0)
        terms.setSpacing(10)
        for part in (_line(), _heading("Licence"), _form(self.values, _LICENCE)):
            if isinstance(part, QWidget):
                terms.addWidget(part)
            else:
                terms.addLayout(part)
        column.addWidget(self.terms)
        column.addWidget(_line())
        column.addWidget(_heading("Used now"))
        column.addLayout(_form(self.values, _USED))
        column.addWidget(self.note)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.load_button, self.copy_button, self.mail_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        column.addLayout(buttons)
        self.setMinimumWidth(holder.fonts.px(560))

    def _connect(self) -> None:
        self.presenter.changed.connect(self._follow)
        self.presenter.said.connect(self._say)
        self.places.activated.connect(lambda _at: self.choose(self.places.currentData()))
        self.load_button.clicked.connect(self._choose_file)
        self.copy_button.clicked.connect(lambda: self._order(self._copy))
        self.mail_button.clicked.connect(lambda: self._order(self._mail))
        self.close_button.clicked.connect(self.close)

    def _follow(self) -> None:
        self._list_places()
        self._show()

    def _list_places(self) -> None:
        known = self._bridge.fleet.locations
        names = {key: state.registration.name for key, state in known.items()}
        listed = sorted(names.items(), key=lambda pair: pair[1].casefold())
        shown = [
            (self.places.itemData(at), self.places.itemText(at))
            for at in range(self.places.count())
        ]
        if shown != listed:
            self.places.clear()
            for location_id, name in listed:
                self.places.addItem(name, location_id)
        self.places.setCurrentIndex(self.places.findData(self.presenter.place.location_id))
        self.places.setVisible(len(listed) > 1)

    def _show(self) -> None:
        place, licence, now = self.presenter.place, self.presenter.licence, self._clock()
        self.setWindowTitle(f"License Info, {place.name}")
        state = place.state
        as_of = as_of_words(state, now, self._zone) if state is not None else ""
        if licence is None:
            title, is_urgent = "Licence is not known", False
            sentence = unknown_words(state) if state is not None else place.darkness or ""
        else:
            verdict = verdict_of(licence, place.zones.site, now)
            title, sentence, is_urgent = verdict.title, verdict.sentence, verdict.is_urgent
        title = f"{title}, {as_of}" if as_of else title
        self.banner.set_text(title)
        self.headline.setText(title)
        self.banner.setVisible(is_urgent)
        self.headline.setVisible(not is_urgent)
        self.sentence.setText(sentence)
        self._fill(licence)
        self._follow_buttons(licence)
        self._make_room()

    def _make_room(self) -> None:
        """What wraps has no height of its own until its width is known."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            needed = layout.totalHeightForWidth(max(self.width(), self.minimumWidth()))
            if needed > self.height():
                self.resize(self.width(), needed)

    def _fill(self, licence: Licence | None) -> None:
        texts = _texts(licence, self.presenter.place.zones.site)
        texts["Location id"] = self.presenter.place.location_id
        for name, label in self.values.items():
            label.setText(texts.get(name, "?"))
        self.terms.setVisible(licence is not None and licence.terms is not None)
        changes = licence is not None and licence.is_for_another_server
        words = "To request the change of the server" if changes else "To order a licence"
        self.needed.setText(f"{words}, these are needed")

    def _follow_buttons(self, licence: Licence | None) -> None:
        place = self.presenter.place
        no_licence = "Its agent does not know licences." if licence is None else None
        for button, reason in (
            (self.load_button, place.hindrance or no_licence),
            (self.copy_button, place.darkness or no_licence),
            (self.mail_button, place.darkness or no_licence),
        ):
            button.setEnabled(reason is None)
            button.setToolTip(reason or "")

    def _choose_file(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, "Load licence file", "", _KINDS)
        if path:
            self.load(Path(path))

    def _order(self, use: Callable[[LicenceOrder], None]) -> None:
        self.presenter.order(self.delivery_note.text().strip(), use)

    def _copy(self, order: LicenceOrder) -> None:
        QGuiApplication.clipboard().setText(f"{order.subject}\n\n{order.text}")
        what = "The request for change" if order.is_change else "The request"
        self._say(f"{what} is on the clipboard.", True)

    def _mail(self, order: LicenceOrder) -> None:
        query = f"subject={quote(order.subject)}&body={quote(order.text)}"
        if self.open_url(QUrl(f"mailto:?{query}", QUrl.ParsingMode.StrictMode)):
            self._say("The mail is open in the mail program of this computer.", True)
        else:
            self._say("No mail program could be opened. Copy the request instead.", False)

    def _say(self, text: str, is_good: bool) -> None:
        self.note.setProperty("role", "secondary" if is_good else "error")
        self.note.style().polish(self.note)
        self.note.setText(text)
        self._make_room()


def _texts(licence: Licence | None, zone: tzinfo) -> dict[str, str]:
    if licence is None:
        return {}
    terms = licence.terms
    clients, volume = number_text(licence.used_clients), size_text(licence.used_volume_bytes)
    texts = {
        "Server name": licence.server_name,
        "Addresses": ", ".join(licence.addresses) or "none",
        "Platform": licence.platform,
        "Clients": f"{clients}, no limit",
        "Volume, front side": f"{volume}, no limit",
        "Modules": "all",
    }
    if terms is None:
        return texts
    maintenance = terms.maintenance_until
    addresses = f", {', '.join(terms.addresses)}" if terms.addresses else ""
    texts |= {
        "Number": terms.number,
        "Customer": " ".join(part for part in (terms.customer, terms.customer_number) if part),
        "Edition": " ".join(part for part in (terms.edition, terms.modality) if part),
        "Licensed for": f"{terms.server_name}{addresses}",
        "Valid until": end_day(licence, zone),
        "Maintenance until": last_day(maintenance),
        "Modules": ", ".join(terms.modules) or "all",
    }
    if terms.clients is not None:
        texts["Clients"] = f"{clients} of {number_text(terms.clients)}"
    if terms.volume_bytes is not None:
        texts["Volume, front side"] = used_of(licence.used_volume_bytes, terms.volume_bytes)
    return texts


def _form(values: dict[str, WrappedLabel], names: tuple[str, ...]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(6)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name in names:
        form.addRow(_label(name), values[name])
    return form


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    label.setMinimumWidth(120)
    return label


def _value(name: str) -> WrappedLabel:
    label = WrappedLabel("", "mono" if name in _MONO else "")
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    return line
