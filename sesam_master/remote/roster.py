"""The locations of this desk: their registrations on disk, and a session for each that is on."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterable

from sesam_master.core.errors import AlreadyListed, DeskReason, LocationError, Trouble
from sesam_master.core.fleet import ConnectionChanged, FleetEvent, RegistrationsChanged
from sesam_master.core.registry import CredentialStore, PictureStore, Registration, RegistryStore
from sesam_master.core.states import Connection
from sesam_master.remote.disk import Disk
from sesam_master.remote.keeper import Keeper
from sesam_master.remote.session import Session
from sesam_master.remote.sleep import Clock, watch_for_sleep
from sesam_master.remote.times import Times


class Roster:
    """Lives in the network thread's loop. What changes the list is done one after the other."""

    def __init__(
        self,
        registry: RegistryStore,
        credentials: CredentialStore,
        pictures: PictureStore,
        deliver: Callable[[FleetEvent], None],
        times: Times,
        clock: Clock,
    ) -> None:
        self.times = times
        self._clock = clock
        self._registry = registry
        self._credentials = credentials
        self._tell = deliver
        self._disk = Disk()
        self._keeper = Keeper(pictures, self._disk.run, times.keep)
        self._registrations: dict[str, Registration] = {}
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()

    async def run(self, registrations: Iterable[Registration]) -> None:
        """Keeps the sessions until it is cancelled; then ends them and saves their pictures."""
        self._registrations = {r.location_id: r for r in registrations}
        self._announce()
        for registration in self._registrations.values():
            self._connect(registration)
        watchman = asyncio.create_task(watch_for_sleep(self._clock, self._wake))
        try:
            await self._keeper.recall(self._tell)
            await self._keeper.run(lambda: list(self._sessions.values()))
        finally:
            watchman.cancel()
            sessions = list(self._sessions.values())
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._keeper.save_all(sessions)
            self._disk.close()

    def listed(self, location_id: str) -> Registration | None:
        """None if it is not one of this desk's."""
        return self._registrations.get(location_id)

    def registration(self, location_id: str) -> Registration:
        """Raises LocationError REJECTED, NOT_LISTED."""
        found = self.listed(location_id)
        if found is None:
            raise LocationError(Trouble.REJECTED, location_id, DeskReason.NOT_LISTED)
        return found

    def session(self, location_id: str) -> Session:
        """Raises LocationError: NOT_LISTED, or OFF."""
        self.registration(location_id)
        session = self._sessions.get(location_id)
        if session is None:
            raise LocationError(Trouble.OFF, location_id)
        return session

    async def credential(self, location_id: str) -> str | None:
        """Raises KeepingError."""
        return await self._disk.run(self._credentials.get, location_id)

    async def prepare(self) -> None:
        """Finds out whether a new location could be kept, before a token is used up for it.
        Raises KeepingError."""
        async with self._changing:
            await self._disk.run(self._registry.save, list(self._registrations.values()))
            await self._disk.run(self._credentials.get, "")

    async def admit(
        self, registration: Registration, credential: str, replaces: str
    ) -> Registration:
        """Adds a location, or gives the listed one that is to be replaced its new address,
        certificate and credential; its name, farm and switch stay.

        Raises:
            AlreadyListed: it is listed, and is not the one that is to be replaced.
            KeepingError: it cannot be kept.
        """
        async with self._changing:
            location_id = registration.location_id
            before = self.listed(location_id)
            if before is not None:
                if location_id != replaces:
                    raise AlreadyListed(before, is_token_good=False)
                registration = dataclasses.replace(
                    registration, name=before.name, farm=before.farm, is_on=before.is_on
                )
            await self._disk.run(self._credentials.put, location_id, credential)
            await self._put(registration)
            return registration

    async def change(self, registration: Registration) -> None:
        """Replaces a listed registration. Raises LocationError NOT_LISTED and KeepingError."""
        async with self._changing:
            before = self.registration(registration.location_id)
            await self._put(registration, before)

    async def pin(self, location_id: str, certificate: bytes, fingerprint: str) -> None:
        """Accepts a certificate in place of the old one. Raises as `change` does."""
        async with self._changing:
            before = self.registration(location_id)
            await self._put(
                dataclasses.replace(before, certificate=certificate, fingerprint=fingerprint)
            )

    async def remove(self, location_id: str) -> None:
        """Raises LocationError NOT_LISTED and KeepingError."""
        async with self._changing:
            self.registration(location_id)
            left = {i: r for i, r in self._registrations.items() if i != location_id}
            await self._disk.run(self._registry.save, list(left.values()))
            self._registrations = left
            await self._disconnect(location_id)
            self._announce()
            await self._disk.run(self._credentials.delete, location_id)
            await self._keeper.forget(location_id)

    async def _put(self, registration: Registration, before: Registration | None = None) -> None:
        """Keeps it, tells it, and connects anew unless only name or farm are other than before."""
        location_id = registration.location_id
        changed = {**self._registrations, location_id: registration}
        await self._disk.run(self._registry.save, list(changed.values()))
        self._registrations = changed
        self._announce()
        if before is not None and _way(before) == _way(registration):
            return
        await self._disconnect(location_id)
        self._connect(registration)

    def _announce(self) -> None:
        self._tell(RegistrationsChanged(tuple(self._registrations.values())))

    def _connect(self, registration: Registration) -> None:
        location_id = registration.location_id
        if not registration.is_on:
            self._tell(ConnectionChanged(location_id, Connection.OFF, None, None))
            return
        session = Session(
            registration,
            lambda: self.credential(location_id),
            self._deliver,
            self.times,
            self._clock,
        )
        self._sessions[location_id] = session
        self._tasks[location_id] = asyncio.create_task(session.run(), name=f"watch {location_id}")

    async def _disconnect(self, location_id: str) -> None:
        """Ends the session; what it knew last is kept."""
        session = self._sessions.pop(location_id, None)
        task = self._tasks.pop(location_id, None)
        if session is None or task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._keeper.save_all([session])
        if location_id in self._registrations:
            self._tell(ConnectionChanged(location_id, Connection.STALE, None, session.proof_time))

    def _wake(self) -> None:
        for session in self._sessions.values():
            session.wake()

    def _deliver(self, event: FleetEvent) -> None:
        self._keeper.note(event)
        self._tell(event)


def _way(registration: Registration) -> tuple[object, ...]:
    """What the connection depends on."""
    return (
        registration.host,
        registration.port,
        registration.socket,
        registration.certificate,
        registration.is_on,
    )
