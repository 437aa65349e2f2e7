"""The way to a new location: connect, compare the fingerprint, exchange the token."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from sesam_master.core.errors import AlreadyListed
from sesam_master.core.gateway import FleetGateway, Presented
from sesam_master.core.registry import Registration
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.first_start.offer import Offer, parse_offer
from sesam_master.ui.notices import Notice, notice


class AddLocationView(Protocol):
    """What the presenter needs of the page."""

    def show_idle(self) -> None: ...

    def show_busy(self, sentence: str) -> None: ...

    def show_problem(self, problem: Notice) -> None: ...

    def show_presented(self, presented: Presented) -> None: ...

    def ask_replace(self, listed: Registration, presented: Presented) -> None: ...


class AddLocationPresenter(QObject):
    """Nothing is sent to the server but a TLS greeting until a person accepted its fingerprint."""

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        view: AddLocationView,
        added: Callable[[Registration], None],
        parent: QObject | None = None,
    ) -> None:
        """No answer comes any more once `parent` is destroyed."""
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self._view = view
        self._added = added
        self._offer: Offer | None = None
        self._presented: Presented | None = None
        self._names = ("", "")
        self._listed_id = ""
        self._is_enrolling = False  # a token is good for one exchange: Enter again sends nothing
        self._drop: Callable[[], None] = lambda: None

    @property
    def presented(self) -> Presented | None:
        """What a person is to compare now."""
        return self._presented

    def connect_to(self, text: str) -> None:
        """Fetches the certificate of the server that the text names."""
        self.start_over()
        try:
            offer = parse_offer(text)
        except ValueError as error:
            self._view.show_problem(Notice("Cannot connect.", str(error), ""))
            return
        self._offer = offer
        address = f"{offer.host}:{offer.port}"
        self._view.show_busy(f"Asking {address} for its certificate")
        self._drop = self._bridge.ask(
            self._gateway.look(offer.host, offer.port),
            self,
            self._compare,
            lambda error: self._view.show_problem(notice(error, f"connect to {address}")),
        )

    def accept(self, name: str, farm: str) -> None:
        """The person found the fingerprint to be the right one."""
        self._names = (name.strip(), farm.strip())
        self._enrol(replaces="")

    def replace_listed(self) -> None:
        """The person wants the listed location to get this agent's address and certificate."""
        self._enrol(replaces=self._listed_id)

    def _enrol(self, replaces: str) -> None:
        if self._offer is None or self._presented is None or self._is_enrolling:
            return
        self._is_enrolling = True
        self._view.show_busy("Exchanging the token for a credential")
        self._drop = self._bridge.ask(
            self._gateway.enrol(self._presented, self._offer.token, *self._names, replaces),
            self,
            self._finish,
            self._refused,
        )

    def start_over(self) -> None:
        """Forgets what was presented; what is under way is cancelled."""
        self._drop()
        self._is_enrolling = False
        self._offer = self._presented = None
        self._view.show_idle()

    def _compare(self, presented: Presented) -> None:
        self._presented = presented
        self._view.show_presented(presented)

    def _refused(self, error: Exception) -> None:
        self._is_enrolling = False
        if isinstance(error, AlreadyListed) and not error.is_token_sent and self._presented:
            self._listed_id = error.location_id
            self._view.ask_replace(error.listed, self._presented)
            return
        offer = self._offer
        place = f"{offer.host}:{offer.port}" if offer else ""
        self._offer = self._presented = None
        self._view.show_problem(notice(error, "add the location", place))

    def _finish(self, registration: Registration) -> None:
        self._is_enrolling = False
        self._offer = self._presented = None
        self._view.show_idle()
        self._added(registration)
