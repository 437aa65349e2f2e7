"""A hub over stores in memory, and the fleet that its events make."""

import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from sesam_master.core.control_source import LockStore, MemoryFarms, NoLock
from sesam_master.core.fleet import ConnectionChanged, Fleet, FleetEvent, LocationState
from sesam_master.core.registry import (
    CredentialStore,
    PictureStore,
    Registration,
    RegistryStore,
    Remembered,
)
from sesam_master.core.states import Connection
from sesam_master.remote.hub import Hub
from sesam_master.remote.sleep import Clock, waking_clock
from sesam_master.remote.times import Times
from tests.fakes.agent_server import FakeAgent

Result = TypeVar("Result")

DEADLINE = 20.0
QUICK = Times(
    silence=1.5,
    proof=1.5,
    connect=2.0,
    probe=1.0,
    call=3.0,
    list_call=3.0,
    first_pause=0.1,
    longest_pause=0.4,
    keep=0.1,
    follow=0.1,
    sheet=0.2,
)
# For tests that are not about times: a machine that is busy for a moment loses no connection.
PATIENT = replace(
    QUICK,
    silence=DEADLINE,
    proof=DEADLINE,
    connect=DEADLINE,
    probe=DEADLINE,
    call=DEADLINE,
    list_call=DEADLINE,
)


class MemoryRegistry:
    def __init__(self) -> None:
        self.kept: list[Registration] = []
        self._changing = threading.Lock()

    def load(self) -> list[Registration]:
        return list(self.kept)

    def change(self, act: Callable[[dict[str, Registration]], object]) -> list[Registration]:
        with self._changing:
            changed = {item.location_id: item for item in self.kept}
            act(changed)
            self.kept = list(changed.values())
            return list(self.kept)

    def stamp(self) -> object:
        return list(self.kept)


class MemoryCredentials:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, location_id: str) -> str | None:
        return self.kept.get(location_id)

    def put(self, location_id: str, credential: str) -> None:
        self.kept[location_id] = credential

    def delete(self, location_id: str) -> None:
        self.kept.pop(location_id, None)


class MemoryPictures:
    def __init__(self) -> None:
        self.kept: dict[str, Remembered] = {}
        self.saved = threading.Condition()

    def load(self) -> list[Remembered]:
        return list(self.kept.values())

    def save(self, pictures: Iterable[Remembered]) -> None:
        with self.saved:
            self.kept.update([(picture.location_id, picture) for picture in pictures])
            self.saved.notify_all()

    def forget(self, location_id: str) -> None:
        self.kept.pop(location_id, None)


class HubRig:
    """Runs a hub for as long as the block lasts.

    Attributes:
        events: everything that was delivered, oldest first.
        fleet: what the events add up to.
    """

    def __init__(self, times: Times = QUICK, clock: Clock = waking_clock) -> None:
        self.registry = MemoryRegistry()
        self.credentials = MemoryCredentials()
        self.pictures = MemoryPictures()
        self.farms = MemoryFarms()
        self.lock: LockStore = NoLock()
        self.events: list[FleetEvent] = []
        self.fleet = Fleet()
        self._changed = threading.Condition()
        self._times, self._clock = times, clock
        self.over(self.registry, self.credentials, self.pictures)

    def over(
        self, registry: RegistryStore, credentials: CredentialStore, pictures: PictureStore
    ) -> None:
        """Uses these stores instead of its own; before the start."""
        self.hub = Hub(
            *(registry, credentials, pictures, self._take, self._times, self._clock),
            control=(self.farms, self.lock),
        )

    def __enter__(self) -> "HubRig":
        self.hub.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.hub.stop(DEADLINE)

    def _take(self, event: FleetEvent) -> None:
        with self._changed:
            self.events.append(event)
            self.fleet.apply(event)
            self._changed.notify_all()

    def register(self, agent: FakeAgent, **changes: Any) -> str:
        """Writes a location into the stores, before the start."""
        host, _, port = agent.address.rpartition(":")
        fields: dict[str, Any] = {
            "location_id": agent.location.location_id,
            "name": agent.location.name,
            "farm": "",
            "host": host,
            "port": int(port),
            "certificate": ssl.PEM_cert_to_DER_cert(agent.certificate.certificate.decode()),
            "fingerprint": agent.fingerprint.upper(),
        }
        registration = Registration(**(fields | changes))
        self.registry.kept.append(registration)
        self.credentials.kept[registration.location_id] = agent.credential()
        return registration.location_id

    def wait(self, condition: Callable[[], object]) -> None:
        """Until it holds after some event."""
        deadline = time.monotonic() + DEADLINE
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"waited in vain; the last events: {self.events[-4:]}"
                self._changed.wait(left)

    def wait_for_kept(self, is_kept: Callable[[], object]) -> None:
        """Until it holds after something was saved."""
        with self.pictures.saved:
            assert self.pictures.saved.wait_for(is_kept, DEADLINE)

    def state(self, location_id: str) -> LocationState:
        return self.fleet.locations[location_id]

    def until(self, location_id: str, connection: Connection, step: str = "") -> LocationState:
        """Waits for a connection, and for the step at which it is broken."""

        def reached() -> bool:
            state = self.fleet.locations.get(location_id)
            if state is None or state.connection is not connection:
                return False
            return not step or (state.trouble is not None and state.trouble.step == step)

        self.wait(reached)
        return self.state(location_id)

    def connections(self, location_id: str) -> list[Connection]:
        """The connections that were told, without repetitions."""
        told = [
            event.connection
            for event in self.events
            if isinstance(event, ConnectionChanged) and event.location_id == location_id
        ]
        return [
            state for state, before in zip(told, [None, *told], strict=False) if state != before
        ]

    def ask(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """What the gateway answers; raises what it raises."""
        ended = threading.Event()
        got: list[Any] = []

        def done(result: object | None, error: BaseException | None) -> None:
            got.extend((result, error))
            ended.set()

        self.hub.submit(coroutine, done)
        assert ended.wait(DEADLINE)
        if got[1] is not None:
            raise got[1]
        result: Result = got[0]
        return result


def silent(number: int) -> Registration:
    """A location where nobody listens."""
    return Registration(f"silent-{number}", f"silent {number}", "", "127.0.0.1", 1, b"x", "")
