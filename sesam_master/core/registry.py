"""How the desk knows its locations: address, accepted certificate, switch, farm."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from sesam_master.core.addresses import join_address


@dataclass(frozen=True, slots=True)
class Registration:
    """One location of this desk.

    Attributes:
        name: the desk's own name for it; at first that of the location.
        farm: path of the folder in the tree, "EMEA / DACH"; empty: none. This and `is_on` are what
            the farms of the desk say; they take from here only a location that is new to them.
        certificate: DER of the accepted certificate; empty for a local agent's socket.
        fingerprint: SHA-256 of the certificate, 64 capital hex digits.
        is_on: False: a person switched it off; the desk does not talk to it.
        socket: address of a local agent's Unix socket ("unix:..."); empty for others.
    """

    location_id: str
    name: str
    farm: str
    host: str
    port: int
    certificate: bytes
    fingerprint: str
    is_on: bool = True
    socket: str = ""

    @property
    def address(self) -> str:
        return self.socket or join_address(self.host, self.port)


@dataclass(frozen=True, slots=True)
class RegistrationChange:
    """What a person changes of a registration; what is None stays as it is by then."""

    name: str | None = None
    farm: str | None = None
    host: str | None = None
    port: int | None = None
    is_on: bool | None = None

    def applied_to(self, registration: Registration) -> Registration:
        changed = {field: value for field, value in asdict(self).items() if value is not None}
        return replace(registration, **changed)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last picture of a location that the desk kept. `snapshot` is opaque to all but
    `remote`; `proof_time_us` is when it was last proved, in microseconds since 1970 UTC. `sheet` is
    its calendar sheet, as opaque; empty if there is none."""

    location_id: str
    snapshot: bytes
    proof_time_us: int
    sheet: bytes = b""


class RegistryStore(Protocol):
    """Keeps the registrations, in the order in which they were added. Other desks may use the same
    ones at the same time. Blocking; called from the network thread's executor."""

    def load(self) -> list[Registration]:
        """Raises RegistryError if what is kept cannot be used."""

    def change(self, act: Callable[[dict[str, Registration]], object]) -> list[Registration]:
        """Has `act` change what is kept now, by location id, and keeps it: no other desk's change
        comes between. Returns what is kept then.

        Raises:
            KeepingError: it cannot be kept, or (RegistryError) what is kept cannot be used. Nothing
                was changed then, nor if `act` raises.
        """

    def stamp(self) -> object:
        """Is equal to an older one if no desk has kept anything since; cheap. Raises RegistryError
        if it cannot be found out."""


class CredentialStore(Protocol):
    """Keeps the secret of each location, for all desks that use the same ones: each gets what the
    others have put. Blocking; called from the network thread's executor. All raise KeepingError."""

    def get(self, location_id: str) -> str | None: ...

    def put(self, location_id: str, credential: str) -> None:
        """Adds or replaces."""

    def delete(self, location_id: str) -> None:
        """No error if there is none."""


class PictureStore(Protocol):
    """Keeps the last picture of each location. Blocking; called from an executor. All raise
    KeepingError."""

    def load(self) -> list[Remembered]: ...

    def save(self, pictures: Iterable[Remembered]) -> None:
        """Adds or replaces, all of them or none."""

    def forget(self, location_id: str) -> None:
        """No error if there is none."""


class KeepingError(Exception):
    """Something on the desk's own disk cannot be used; the text names it and says what to do."""


class RegistryError(KeepingError):
    """The registry file cannot be used."""
