"""A real agent server on 127.0.0.1 over fakes, and calls to it."""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status

from server_agent.adapters.calendar_files import IcalendarFiles
from server_agent.adapters.identity import Identity, make_identity
from server_agent.adapters.loader.devices import LoaderDevices
from server_agent.agent import Agent
from server_agent.domain.access import Role
from server_agent.outside import Outside
from server_agent.ports import Catalogue
from server_agent.rpc import convert
from server_agent.rpc.server import Endpoint
from server_agent.rpc.watch import Pace
from server_agent.service.location import Location
from server_agent.service.stopping import Stopping
from sesam_api.v1 import (
    access_pb2,
    agent_pb2,
    calendar_pb2,
    client_files_pb2,
    drives_pb2,
    events_pb2,
    finding_pb2,
    groups_pb2,
    history_pb2,
    jobs_pb2,
    licence_pb2,
    loaders_pb2,
    location_pb2,
    logs_pb2,
    media_pb2,
    savesets_pb2,
    schedules_pb2,
    tasks_pb2,
    topology_pb2,
)
from tests.agent.service.rig import FIRST, START
from tests.agent.service.steered import DEADLINE, SteeredEngine
from tests.fakes.catalogue import MemoryCatalogue
from tests.fakes.clock import FakeClock
from tests.fakes.day_logs import MemoryDayLogs
from tests.fakes.interface_files import FakeInterfaceFiles
from tests.fakes.keys import MemoryKeys
from tests.fakes.licence import MemoryLicenceFiles
from tests.fakes.listings import MemoryListings
from tests.fakes.logs import MemoryLogs
from tests.fakes.names import MemoryNames
from tests.fakes.otp import MemoryOtp
from tests.fakes.programs import FakePrograms
from tests.fakes.protocols import MemoryProtocols
from tests.fakes.stamps import FakeStamps

LOCATION_ID = "6f1a2b3c-0000-4000-8000-00000000a1fa"
PROTOS = (
    access_pb2,
    agent_pb2,
    calendar_pb2,
    client_files_pb2,
    drives_pb2,
    events_pb2,
    finding_pb2,
    groups_pb2,
    history_pb2,
    jobs_pb2,
    licence_pb2,
    loaders_pb2,
    location_pb2,
    logs_pb2,
    media_pb2,
    savesets_pb2,
    schedules_pb2,
    tasks_pb2,
    topology_pb2,
    health_pb2,
    reflection_pb2,
)
METHODS: dict[str, MethodDescriptor] = {
    f"{service.name}/{method.name}": method
    for proto in PROTOS
    for service in proto.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
QUICK = Pace(interval=0.02, heartbeat=30.0)


@dataclass(frozen=True)
class Refusal:
    """How a call was refused."""

    code: grpc.StatusCode
    reason: str
    metadata: dict[str, str]
    text: str


class Caller:
    """Calls an agent over one channel, with one credential or none."""

    def __init__(self, channel: grpc.Channel, credential: str | None) -> None:
        self._channel = channel
        self._metadata = (("authorization", f"Bearer {credential}"),) if credential else ()

    def call(self, name: str, request: Message | None = None, /, **fields: Any) -> Any:
        """The answer to a unary call. Fields that every changing request has are filled in."""
        method = METHODS[name]
        multicallable = self._channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        message = request if request is not None else request_of(name, **fields)
        return multicallable(message, metadata=self._metadata, timeout=DEADLINE)

    @contextlib.contextmanager
    def stream(self, name: str, /, **fields: Any) -> Iterator[Any]:
        """The iterator of a streaming call, cancelled at the end of the block."""
        method = METHODS[name]
        multicallable = self._channel.unary_stream(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        call = multicallable(
            request_of(name, **fields), metadata=self._metadata, timeout=3 * DEADLINE
        )
        try:
            yield call
        finally:
            call.cancel()

    def refused(self, name: str, request: Message | None = None, /, **fields: Any) -> Refusal:
        """Why the call was refused; fails if it was not."""
        try:
            if METHODS[name].server_streaming:
                with self.stream(name, **fields) as answers:
                    for _ in answers:
                        pass
            else:
                self.call(name, request, **fields)
        except grpc.RpcError as error:
            return refusal_of(error)
        raise AssertionError(f"{name} was not refused")


def request_of(name: str, /, **fields: Any) -> Message:
    """A request with a new request id and the right location, unless the fields say otherwise."""
    message_class = GetMessageClass(METHODS[name].input_type)
    if "request_id" in message_class.DESCRIPTOR.fields_by_name:
        fields = {"location_id": LOCATION_ID, "request_id": str(uuid.uuid4())} | fields
    return message_class(**fields)


def refusal_of(error: grpc.RpcError) -> Refusal:
    assert isinstance(error, grpc.Call)
    status = rpc_status.from_call(error)
    assert status is not None, error
    info = error_details_pb2.ErrorInfo()
    [detail] = status.details
    assert detail.Unpack(info)
    assert info.domain == "sesam"
    return Refusal(error.code(), info.reason, dict(info.metadata), error.details() or "")


@dataclass
class AgentRig:
    """Runs an agent in a thread of its own for as long as the block lasts."""

    directory: Path
    identity: Identity
    catalogue: Catalogue = field(default_factory=MemoryCatalogue)
    pace: Pace = QUICK
    write_seconds: float = 30.0
    clock: FakeClock = field(default_factory=lambda: FakeClock(START, "Europe/Berlin"))
    engine: SteeredEngine = field(default_factory=SteeredEngine)
    listings: MemoryListings = field(default_factory=MemoryListings)
    names: MemoryNames = field(default_factory=MemoryNames)
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    otp: MemoryOtp = field(default_factory=MemoryOtp)
    licence: MemoryLicenceFiles = field(default_factory=MemoryLicenceFiles)
    logs: MemoryLogs = field(default_factory=MemoryLogs)
    protocols: MemoryProtocols = field(default_factory=MemoryProtocols)
    day_logs: MemoryDayLogs = field(default_factory=MemoryDayLogs)
    programs: FakePrograms = field(default_factory=FakePrograms)
    port: int = 0

    @property
    def stopping(self) -> Stopping:
        """The agent's, while it runs."""
        return self._agent.stopping

    def __enter__(self) -> "AgentRig":
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._channels: list[grpc.Channel] = []
        self._thread = threading.Thread(target=self._serve, name="agent")
        self._thread.start()
        assert self._ready.wait(DEADLINE)
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        self.local = self.caller(None, unix=True)
        return self

    def __exit__(self, *_: object) -> None:
        for channel in self._channels:
            channel.close()
        self.stop()

    def stop(self) -> None:
        """Stops the agent as a signal would, and waits for its end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._told.set)
            self._thread.join()

    def watchers(self) -> int:
        return self._agent.watchers

    def begin_to_stop(self) -> None:
        self._loop.call_soon_threadsafe(self._told.set)

    def caller(self, credential: str | None, unix: bool = False) -> Caller:
        if unix:
            address = f"unix:{self.endpoint.socket}"
            credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
            channel = grpc.secure_channel(address, credentials)
        else:
            credentials = grpc.ssl_channel_credentials(self.identity.certificate_pem)
            name = f"agent.{LOCATION_ID}.invalid"
            options = (("grpc.ssl_target_name_override", name),)
            channel = grpc.secure_channel(f"127.0.0.1:{self.port}", credentials, options)
        self._channels.append(channel)
        return Caller(channel, credential)

    def enrolled(self, role: Role, holder: str = "desk on host fs-01") -> Caller:
        """A caller on the network with a new credential of the role."""
        return self.caller(self.credential(role, holder))

    def credential(self, role: Role, holder: str = "desk on host fs-01") -> str:
        token = self.local.call("AccessService/CreateToken", role=convert.ROLES[role]).token
        nobody = self.caller(None)
        answer = nobody.call("AccessService/Enrol", token=token, holder=holder)
        credential: str = answer.credential
        return credential

    def add_task(self, name: str = "docs") -> None:
        with contextlib.suppress(grpc.RpcError):
            self.local.call("TopologyService/CreateClient", name="host")
        self.local.call(
            "TaskService/CreateTask", name=name, client="host", sources=[b"/srv/" + name.encode()]
        )

    def start_backup(self, task: str = "docs") -> str:
        backup_type = jobs_pb2.BACKUP_TYPE_FULL
        job = self.local.call("JobService/StartBackup", task=task, type=backup_type).job
        job_id: str = job.job_id
        return job_id

    def ended(self, job_id: str) -> Any:
        """The job once it has ended."""
        with self.local.stream("JobService/WatchJob", job_id=job_id) as answers:
            *_, last = answers
        return last.job

    def backed_up(self, task: str = "docs") -> Any:
        """The job of a backup that has run to its end."""
        return self.ended(self.start_backup(task))

    def _serve(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            self._failure = error
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        outside = Outside(
            self.catalogue,
            self.engine,
            self.protocols,
            self.day_logs,
            self.programs,
            IcalendarFiles(),
            self.clock,
            self.listings,
            self.names,
            FakeStamps(),
            FakeInterfaceFiles(),
            self.licence,
            self.logs,
            self.otp,
            keys=self.keys,
            loader_devices=LoaderDevices(),
        )
        location = Location(LOCATION_ID, "Alpha", "fs-01", "1.2.3", "Europe/Berlin", START)
        agent = self._agent = Agent(
            outside, location, b"secret", FIRST, self.pace, self.write_seconds
        )
        self.endpoint = Endpoint(
            host="127.0.0.1",
            port=self.port,
            key=self.identity.key_pem,
            certificate=self.identity.certificate_pem,
            socket=self.directory / "agent.sock",
            socket_address=f"unix:{self.directory / 'agent.sock'}",
        )
        agent.recover()
        try:
            self.port = await agent.start(self.endpoint)
            self._ready.set()
            await self._told.wait()
        finally:
            await agent.stop()


def new_identity(directory: Path) -> Identity:
    return make_identity(directory, LOCATION_ID, "127.0.0.1", datetime.now(UTC))
