"""The connection to one location: it watches, proves that the location is well, and tries again.

A session never ends by itself and nothing that happens to it touches another one.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
import grpc.aio

from sesam_api.errors import SesamError
from sesam_api.v1 import location_pb2
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    FleetEvent,
    PictureArrived,
)
from sesam_master.core.registry import KeepingError, Registration
from sesam_master.core.states import Connection
from sesam_master.remote import convert, probe
from sesam_master.remote.channel import Metadata, bearer, channel_to, refusal_of
from sesam_master.remote.live import LiveState
from sesam_master.remote.sleep import Clock
from sesam_master.remote.times import Times

_log = logging.getLogger(__name__)

_LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED)
_PASSING = frozenset({"SHUTTING_DOWN", "WATCH_OVERFLOW"})


@dataclass(frozen=True, slots=True)
class Link:
    """An open channel to a location, with what has to be sent along with each call."""

    channel: grpc.aio.Channel
    metadata: Metadata = field(repr=False)  # the credential is in it


class _Failed(Exception):
    """A step of the connection failed; the text says what was found."""

    def __init__(self, step: str, found: str) -> None:
        self.step = step
        self.found = found
        super().__init__(f"{step}: {found}")


class Session:
    """One location. Lives in the network thread's loop.

    Attributes:
        live: the state as of the last message; None until the first snapshot.
        proof_time: when the location last proved itself; None if it never did.
        link: the open channel; None between two attempts.
        is_proved: set while the watch stream stands.
        sent: changes that are on their way; see `calls.to_its_end`.
        observed_by: what says that this desk only observes the location; None if it may act.
    """

    def __init__(
        self,
        registration: Registration,
        secret: Callable[[], Awaitable[str | None]],
        deliver: Callable[[FleetEvent], None],
        times: Times,
        clock: Clock,
    ) -> None:
        """`secret` gets the credential; it is asked once. `clock` tells the age of a proof."""
        self.registration = registration
        self.live: LiveState | None = None
        self.proof_time: datetime | None = None
        self.link: Link | None = None
        self.is_proved = asyncio.Event()
        self.sent: set[asyncio.Task[Any]] = set()
        self.code = ""  # a one-time code that a person gave for the next change
        self.observed_by: str | None = None
        self.connection = Connection.STALE
        self.trouble: ConnectionTrouble | None = None
        self._secret = secret
        self._deliver = deliver
        self._times = times
        self._clock = clock
        self._metadata: Metadata | None = None
        self._revision: int | None = None
        self._goes_on = False  # the stream of this attempt continues what `live` holds
        self._told: list[location_pb2.Change] = []  # of one moment, as long as not all are here
        self._offset: float | None = None
        self._pause = times.first_pause
        self._hurry = asyncio.Event()
        self._proved_at = 0.0
        self._is_heard = False  # any answer, in this attempt
        self._expiry: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Timeout | None = None  # for the next message

    def hurry(self) -> None:
        """Ends the pause before the next attempt."""
        self._pause = self._times.first_pause
        self._hurry.set()

    def wake(self) -> None:
        """After the machine slept: stale at once if the last proof is too old by now. What is not
        proved is connected anew, since nothing can be expected of the old connection."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expire()
        if self.connection is Connection.ON:
            return
        self.hurry()
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Watches the location until it is cancelled."""
        try:
            while True:
                start = self._clock()
                try:
                    await self._attempt()
                except Exception as error:  # noqa: BLE001 - must not end the session for good
                    _log.exception("Watching %s failed.", self.registration.location_id)
                    self._break("watch", _unforeseen(error))
                if self._clock() - start > self._times.longest_pause:
                    self._pause = self._times.first_pause  # it stood; not one that ends at once
                await self._rest()
        finally:
            if self._expiry is not None:
                self._expiry.cancel()

    async def _rest(self) -> None:
        """The pause before the next attempt, scattered so that a fleet does not come at once."""
        seconds = self._pause * random.uniform(0.7, 1.3)
        self._pause = min(2 * self._pause, self._times.longest_pause)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()

    async def _attempt(self) -> None:
        """One connection, from its beginning to its end, and what its end means."""
        self._is_heard = False
        try:
            await self._watch()
        except _Failed as failure:
            self._break(failure.step, failure.found)
        except TimeoutError:
            if self._is_heard:
                self._lose()
            else:
                await self._find_step()
        except grpc.aio.AioRpcError as error:
            await self._judge(error)
        except convert.NotInContract as error:
            self._break("watch", f"{error} Compare the agent's version with that of this desk.")
        except (SesamError, KeepingError) as error:
            self._break("tls" if isinstance(error, SesamError) else "credential", str(error))

    async def _watch(self) -> None:
        metadata = await self._get_metadata()
        channel = channel_to(self.registration, self._times.connect)
        self.link = Link(channel, metadata)
        try:
            request = self._watch_request()
            call = LocationServiceStub(channel).Watch(request, metadata=metadata)
            async with asyncio.timeout(self._times.connect):
                await call.initial_metadata()  # comes before a snapshot that may be long
            self._is_heard = True
            parts: list[location_pb2.Snapshot] = []
            self._told.clear()
            while True:
                async with asyncio.timeout(self._times.silence) as self._waiting:
                    message = await call.read()
                if not isinstance(message, location_pb2.WatchResponse):  # grpc.aio.EOF
                    return
                self._take(message, parts)
        finally:
            self.link = self._waiting = None
            self.is_proved.clear()
            await channel.close()

    def _watch_request(self) -> location_pb2.WatchRequest:
        """From the last revision on, as far as it means something to the agent."""
        epoch = self.live.epoch if self.live is not None else ""
        revision = self._revision if epoch else None
        self._goes_on = revision is not None
        return location_pb2.WatchRequest(
            after_revision=revision, location_id=self.registration.location_id, epoch=epoch
        )

    async def _get_metadata(self) -> Metadata:
        if self.registration.socket:
            return ()
        if self._metadata is None:
            secret = await self._secret()
            if secret is None:
                raise _Failed("credential", "This desk holds no credential for the location.")
            self._metadata = bearer(secret)
        return self._metadata

    def _take(
        self, message: location_pb2.WatchResponse, parts: list[location_pb2.Snapshot]
    ) -> None:
        match message.WhichOneof("event"):
            case "snapshot":
                if message.snapshot.first:
                    self._check_location(message.snapshot.location)
                    parts.clear()
                    self._goes_on = False
                parts.append(message.snapshot)
                if not message.snapshot.complete:
                    return
                self._revision = message.revision
                self._take_snapshot(message, parts)
                parts.clear()
            case "changes":
                self._take_changes(message)
            case "heartbeat":
                if self._goes_on:  # else what is shown is not yet what the agent tells of
                    self._prove(message, is_news=True)

    def _take_snapshot(
        self, message: location_pb2.WatchResponse, parts: list[location_pb2.Snapshot]
    ) -> None:
        self.live = LiveState(parts)
        self._goes_on = True
        now = datetime.now(UTC)
        self._deliver(PictureArrived(self.registration.location_id, self.live.picture(), now))
        self._prove(message, is_news=True)

    def _take_changes(self, message: location_pb2.WatchResponse) -> None:
        for change in message.changes.changes:
            if change.HasField("location"):
                self._check_location(change.location)
        if self.live is None or not self._goes_on:
            raise _Failed("watch", "The agent sent changes before it sent its state.")
        self._told += message.changes.changes
        if message.changes.more:
            return
        revision = message.revision or self._revision
        told, self._told = self._told, []
        event = self.live.take(told, datetime.now(UTC), revision or 0)
        self._revision = revision
        if event is not None:
            self._deliver(event)
        self._prove(message, is_news=event is None)

    def _check_location(self, message: location_pb2.Location) -> None:
        """Nothing of another location may be shown under this one's name."""
        if message.location_id != self.registration.location_id:
            self._revision = None
            raise _Failed(
                "identity",
                f'At {self.registration.address} another location answers, "{message.name}" '
                f"({message.location_id}). Correct the address, or enrol it as a location of its "
                "own.",
            )

    def _prove(self, message: location_pb2.WatchResponse, *, is_news: bool) -> None:
        """The location is well as of now. `is_news`: no other event tells the new proof."""
        self._proved_at = self._clock()
        now = self.proof_time = datetime.now(UTC)
        self._offset = (convert.moment(message.agent_time) - now).total_seconds()
        self.is_proved.set()
        if self._expiry is None:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(self._times.proof, self._expire)
        if is_news or self.connection is not Connection.ON:
            self._set(Connection.ON, None)

    def _expire(self) -> None:
        """Stale once the last proof is too old; else looks again when it may be."""
        self._expiry = None
        left = self._proved_at + self._times.proof - self._clock()
        if left > 0:
            self._expiry = asyncio.get_running_loop().call_later(left, self._expire)
        elif self.connection is Connection.ON:
            self._set(Connection.STALE, None)

    async def _judge(self, error: grpc.aio.AioRpcError) -> None:
        """Names the step that failed."""
        refusal = refusal_of(error)
        reason = refusal[0] if refusal else ""
        code = error.code()
        if code is grpc.StatusCode.UNAUTHENTICATED or reason == "NOT_AUTHENTICATED":
            self._metadata = None  # a person may have put another one into the store
            self._break(
                "credential",
                "The agent does not know this desk's credential, or it was revoked. Enrol the "
                "location again with a new token.",
            )
        elif reason in _PASSING:
            self._lose()
        elif code is grpc.StatusCode.UNIMPLEMENTED:
            self._break("version", "The agent does not speak this desk's protocol. Update it.")
        elif code in _LOST:
            await self._find_step()
        else:
            self._break("watch", f"The agent ended the watch: {error.details() or code.name}.")

    async def _find_step(self) -> None:
        """gRPC tells all failures of a connection alike, so it is made once more step by step."""
        registration = self.registration
        try:
            if registration.socket:
                await probe.reach_socket(registration.socket, self._times.probe)
            else:
                presented = await probe.present(
                    registration.host, registration.port, self._times.probe
                )
                if presented.certificate != registration.certificate:
                    self._break(
                        "fingerprint",
                        f"The server presents the fingerprint {presented.fingerprint}, but "
                        f"{registration.fingerprint} was accepted. Nothing was sent.",
                    )
                    return
        except probe.StepFailed as failure:
            self._break(failure.step, f"{failure.found} {failure.advice}")
        else:
            self._lose()

    def _lose(self) -> None:
        """No connection, and no step that fails: the last proof counts until it is too old."""
        age = self._clock() - self._proved_at
        if self.connection is not Connection.ON or age >= self._times.proof:
            self._set(Connection.STALE, None)

    def _break(self, step: str, found: str) -> None:
        before = self.trouble
        same = before is not None and before.step == step
        since = before.since if before is not None and same else datetime.now(UTC)
        self._set(Connection.BROKEN, ConnectionTrouble(step, found, since))

    def _set(self, connection: Connection, trouble: ConnectionTrouble | None) -> None:
        if connection is not Connection.ON and (connection, trouble) == (
            self.connection,
            self.trouble,
        ):
            return
        self.connection, self.trouble = connection, trouble
        self._deliver(
            ConnectionChanged(
                self.registration.location_id, connection, trouble, self.proof_time, self._offset
            )
        )


def _unforeseen(error: Exception) -> str:
    return (
        f"This desk failed in a way that it did not foresee ({error!r}). It tries again; the "
        "details are in its log."
    )
