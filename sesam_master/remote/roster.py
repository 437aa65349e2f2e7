"""The locations of this desk: their registrations on disk, and a session for each that is on."""

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime

from sesam_master.core.control_source import FarmEdit, FarmStore, LockStore
from sesam_master.core.errors import AlreadyListed, DeskReason, LocationError, Trouble
from sesam_master.core.farm_edits import forget_location, placed
from sesam_master.core.farms import Farms, Marks
from sesam_master.core.fleet import ConnectionChanged, FleetEvent, RegistrationsChanged
from sesam_master.core.registry import (
    CredentialStore,
    KeepingError,
    PictureStore,
    Registration,
    RegistrationChange,
    RegistryStore,
)
from sesam_master.core.states import Connection
from sesam_master.remote.control import ControlLayer
from sesam_master.remote.disk import Disk
from sesam_master.remote.keeper import Keeper
from sesam_master.remote.live import LiveState
from sesam_master.remote.session import Session
from sesam_master.remote.sheets import KeptSheets
from sesam_master.remote.sleep import Clock, watch_for_sleep
from sesam_master.remote.times import Times

_log = logging.getLogger(__name__)

# 1000 locations begin within 250 ms, while the first of them already answer.
_AT_ONCE = 8
_BREATH_SECONDS = 0.002


class Roster:
    """Lives in the network thread's loop. What changes the list is done one after the other."""

    def __init__(
        self,
        registry: RegistryStore,
        credentials: CredentialStore,
        pictures: PictureStore,
        control: tuple[FarmStore, LockStore],
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
        self.control = ControlLayer(*control, self._disk.run, clock)
        self._keeper = Keeper(
            pictures,
            self._disk.run,
            lambda location_id: self.listed(location_id) is not None,
            times,
        )
        self._kept: list[Registration] = []
        self._told_farms = Farms()
        self._registrations: dict[str, Registration] = {}  # as the farms have them
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()
        self._changes: set[asyncio.Task[None]] = set()

    async def run(self, registrations: Iterable[Registration]) -> None:
        """Keeps the sessions until it is cancelled; then ends them and saves their pictures."""
        self._kept = list(registrations)
        self._registrations = _by_id(map(self.control.farms.applied, self._kept))
        self._tell_list()
        beside = [
            asyncio.create_task(_lasting(lambda: watch_for_sleep(self._clock, self._wake))),
            asyncio.create_task(_lasting(self._follow)),
            asyncio.create_task(_lasting(lambda: self.sheets.run(self._all_sessions))),
        ]
        try:
            await self._connect_all()
            await _lasting(lambda: self._keeper.recall(self._tell))
            await _lasting(lambda: self._keeper.run(self._all_sessions))
            await asyncio.get_running_loop().create_future()  # until it is cancelled
        finally:
            for task in beside:
                task.cancel()
            # They may begin a session yet.
            await asyncio.gather(*beside, *self._changes, return_exceptions=True)
            sessions = self._all_sessions()
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._keeper.save_all(sessions)
            self._disk.close()

    @property
    def sheets(self) -> KeptSheets:
        """The calendar sheets that are kept for dark locations."""
        return self._keeper.sheets

    def listed(self, location_id: str) -> Registration | None:
        """None if it is not one of this desk's."""
        return self._registrations.get(location_id)

    def registration(self, location_id: str) -> Registration:
        """Raises LocationError REJECTED, NOT_LISTED."""
        _check(self._registrations, location_id)
        return self._registrations[location_id]

    def session(self, location_id: str) -> Session:
        """Raises LocationError: NOT_LISTED, OFF, or UNREACHABLE before its turn at the start and
        between two sessions."""
        is_on = self.registration(location_id).is_on
        session = self._sessions.get(location_id)
        if session is None:
            raise LocationError(Trouble.UNREACHABLE if is_on else Trouble.OFF, location_id)
        return session

    def is_on(self, location_id: str) -> bool:
        """It is proved now. Then what is kept must not stand for what it did not answer."""
        session = self._sessions.get(location_id)
        return session is not None and session.connection is Connection.ON

    def remembered(self, location_id: str) -> tuple[LiveState, datetime] | None:
        """What the desk knew last of a location, and as of when; None if it never knew it."""
        session = self._sessions.get(location_id)
        if session is not None and session.live is not None and session.proof_time is not None:
            return session.live, session.proof_time
        return self._keeper.remembered.get(location_id)

    async def credential(self, location_id: str) -> str | None:
        """Raises KeepingError."""
        return await self._disk.run(self._credentials.get, location_id)

    async def prepare(self) -> None:
        """Finds out whether a new location could be kept, before a token is used up for it.
        Raises KeepingError."""
        await self._disk.run(self._registry.change, lambda _listed: None)
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
        location_id = registration.location_id

        def check(listed: Mapping[str, Registration]) -> None:
            if location_id in listed and location_id != replaces:
                raise AlreadyListed(listed[location_id], is_token_sent=True)

        def put(listed: dict[str, Registration]) -> None:
            check(listed)
            before = listed.get(location_id, registration)
            listed[location_id] = dataclasses.replace(
                registration, name=before.name, farm=before.farm, is_on=before.is_on
            )

        async def enter() -> None:
            check(_by_id(await self._disk.run(self._registry.load)))
            # First, so that no desk finds the location without it.
            await self._disk.run(self._credentials.put, location_id, credential)
            await self._change(put, anew=location_id)

        await self._alone(enter)
        return self.registration(location_id)

    async def change(self, location_id: str, change: RegistrationChange) -> None:
        """Of a listed location; its farm and switch are the farms'. Raises LocationError NOT_LISTED
        and KeepingError."""
        way = dataclasses.replace(change, farm=None, is_on=None)

        async def work() -> None:
            self.registration(location_id)
            if change != way:
                await self.control.admit("")
                await self.control.change(lambda farms: placed(farms, location_id, change), [])
                await self._take_over(self._kept)
            if way != RegistrationChange():
                await self._change(lambda listed: _replace(listed, location_id, way.applied_to))

        await self._alone(work)

    async def change_farms(self, edit: FarmEdit, passphrase: str) -> Farms:
        """Raises KeepingError; see core.control_source."""

        async def work() -> None:
            await self.control.admit(passphrase)
            await self.control.change(edit, self._kept)
            await self._take_over(self._kept)

        await self._alone(work)
        return self.control.farms

    async def pin(self, location_id: str, certificate: bytes, fingerprint: str) -> None:
        """Accepts a certificate in place of the old one. Raises as `change` does."""

        def pinned(before: Registration) -> Registration:
            return dataclasses.replace(before, certificate=certificate, fingerprint=fingerprint)

        await self._alone(
            lambda: self._change(
                lambda listed: _replace(listed, location_id, pinned), anew=location_id
            )
        )

    async def remove(self, location_id: str) -> None:
        """Raises LocationError NOT_LISTED and KeepingError; then it can be done again."""

        def drop(listed: dict[str, Registration]) -> None:
            _check(listed, location_id)
            del listed[location_id]

        async def leave() -> None:
            self.registration(location_id)
            # First: nobody could ask for it again once the location is not listed.
            await self._disk.run(self._credentials.delete, location_id)
            kept = await self._disk.run(self._registry.change, drop)
            await self._forget_place(location_id)
            await self._take_over(kept)

        await self._alone(leave)

    async def _alone(self, work: Callable[[], Awaitable[None]]) -> None:
        """One after the other, and each to its end, also if nobody waits for it any more: half a
        change would leave a location without its session."""

        async def locked() -> None:
            async with self._changing:
                await work()

        task = asyncio.create_task(locked())
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        await asyncio.shield(task)

    async def _change(
        self, act: Callable[[dict[str, Registration]], object], anew: str = ""
    ) -> None:
        await self._take_over(await self._disk.run(self._registry.change, act), anew)

    async def _follow(self) -> None:
        """Takes over what other desks do to the list, until it is cancelled."""
        seen: object = None
        told = ""
        while True:
            await asyncio.sleep(self.times.follow)
            async with self._changing:
                try:
                    stamp = await self._disk.run(self._registry.stamp), await self.control.stamp()
                    if stamp == seen:
                        continue
                    listed = await self._disk.run(self._registry.load)
                    await self.control.reload()
                except KeepingError as error:
                    if str(error) != told:  # not every two seconds
                        _log.warning("The list of locations stays as it was: %s", error)
                        told = str(error)
                    continue
                seen, told = stamp, ""
                await self._take_over(listed)

    async def _take_over(self, kept: list[Registration], anew: str = "") -> None:
        """Tells the list as it is now, and ends, begins and begins anew the connections which that
        asks for; in any case that of the location `anew`."""
        self._kept = kept
        await self.control.adopt(kept)
        listed = [self.control.farms.applied(registration) for registration in kept]
        before, self._registrations = self._registrations, _by_id(listed)
        if listed != list(before.values()) or self.control.farms != self._told_farms:
            self._tell_list()
        self._obey()
        for location_id in before.keys() - self._registrations.keys():
            await self._disconnect(location_id)
            await self._keeper.forget(location_id)
        for registration in listed:
            location_id = registration.location_id
            known = before.get(location_id)
            if known is None or _way(known) != _way(registration) or location_id == anew:
                await self._disconnect(location_id)
                self._connect(registration)

    async def _forget_place(self, location_id: str) -> None:
        """What somebody set on a location that is deleted stays, where a passphrase protects it:
        else it would be gone with a location that is enrolled again."""
        place = self.control.farms.places.get(location_id)
        try:
            if place is not None and place.marks != Marks():
                await self.control.admit("")
            await self.control.change(lambda farms: forget_location(farms, location_id), [])
        except KeepingError as error:
            _log.info("The place of %s in the farms stays: %s", location_id, error)

    def _tell_list(self) -> None:
        self._told_farms = self.control.farms
        listed = tuple(self._registrations.values())
        self._tell(RegistrationsChanged(listed, self._told_farms, datetime.now(UTC)))

    def _obey(self) -> None:
        for location_id, session in self._sessions.items():
            session.observed_by = self.control.farms.control(location_id).observed_by

    async def _connect_all(self) -> None:
        """A few at a time: to begin a connection takes the interpreter, and the window needs it
        in between."""
        async with self._changing:
            for number, registration in enumerate(self._registrations.values(), 1):
                self._connect(registration)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(_BREATH_SECONDS)

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
        session.observed_by = self.control.farms.control(location_id).observed_by
        self._sessions[location_id] = session
        self._tasks[location_id] = asyncio.create_task(session.run(), name=f"watch {location_id}")

    async def _disconnect(self, location_id: str) -> None:
        """Ends the session; what it knew last is kept."""
        session = self._sessions.pop(location_id, None)
        task = self._tasks.pop(location_id, None)
        if session is not None and task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._keeper.save_all([session])
        if location_id in self._registrations:
            proof_time = session.proof_time if session is not None else None
            self._tell(ConnectionChanged(location_id, Connection.STALE, None, proof_time))

    def _all_sessions(self) -> list[Session]:
        return list(self._sessions.values())

    def _wake(self) -> None:
        for session in self._sessions.values():
            session.wake()

    def _deliver(self, event: FleetEvent) -> None:
        self._keeper.note(event)
        self._tell(event)


async def _lasting(work: Callable[[], Awaitable[None]]) -> None:
    """A fault in what goes on beside the sessions is told, and ends none of them."""
    try:
        await work()
    except Exception:  # noqa: BLE001 - see above
        _log.critical("A part of the desk beside its connections has ended.", exc_info=True)


def _by_id(registrations: Iterable[Registration]) -> dict[str, Registration]:
    return {registration.location_id: registration for registration in registrations}


def _check(listed: Mapping[str, Registration], location_id: str) -> None:
    """Raises LocationError."""
    if location_id not in listed:
        raise LocationError(Trouble.REJECTED, location_id, DeskReason.NOT_LISTED)


def _replace(
    listed: dict[str, Registration],
    location_id: str,
    changed: Callable[[Registration], Registration],
) -> None:
    """Raises LocationError."""
    _check(listed, location_id)
    listed[location_id] = changed(listed[location_id])


def _way(registration: Registration) -> tuple[object, ...]:
    """What the connection depends on."""
    return (
        registration.host,
        registration.port,
        registration.socket,
        registration.certificate,
        registration.is_on,
    )
