"""A whole agent in memory behind real gRPC: TLS, credentials, request ids, and faults on demand.

    with FakeAgent() as agent:
        agent.location.put_client("local")
        connect(agent.address, token=agent.credential(), fingerprint=agent.fingerprint)

It does no backups: a job ends when the test says so (`location.end_job`, `location.endings`).
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET
from socket import socket as Socket
from typing import Any
from urllib.parse import quote

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from sesam_api.v1 import access_pb2
from sesam_api.v1.access_pb2_grpc import add_AccessServiceServicer_to_server
from sesam_api.v1.client_files_pb2_grpc import add_ClientFileServiceServicer_to_server
from sesam_api.v1.finding_pb2_grpc import add_FindingServiceServicer_to_server
from sesam_api.v1.jobs_pb2_grpc import add_JobServiceServicer_to_server
from sesam_api.v1.loaders_pb2_grpc import add_LoaderServiceServicer_to_server
from sesam_api.v1.location_pb2_grpc import add_LocationServiceServicer_to_server
from sesam_api.v1.media_pb2_grpc import add_MediaServiceServicer_to_server
from sesam_api.v1.savesets_pb2_grpc import add_SavesetServiceServicer_to_server
from sesam_api.v1.tasks_pb2_grpc import add_TaskServiceServicer_to_server
from sesam_api.v1.topology_pb2_grpc import add_TopologyServiceServicer_to_server
from tests.fakes.agent_client_files import ClientFiles
from tests.fakes.agent_finding import Finding
from tests.fakes.agent_media import LoadersFake, MediaFake
from tests.fakes.agent_plan import add_plan
from tests.fakes.agent_services import Access, Jobs, Locations, Savesets
from tests.fakes.agent_state import FakeLocation, Refused
from tests.fakes.agent_topology import Tasks, Topology
from tests.fakes.certificates import ServerCertificate, make_certificate

WORKERS = 32
_CODES = {
    "NOT_AUTHENTICATED": code_pb2.UNAUTHENTICATED,
    "ROLE_REQUIRED": code_pb2.PERMISSION_DENIED,
    "INVALID_ARGUMENT": code_pb2.INVALID_ARGUMENT,
    "ALREADY_EXISTS": code_pb2.ALREADY_EXISTS,
    "SHUTTING_DOWN": code_pb2.UNAVAILABLE,
    "INTERNAL": code_pb2.INTERNAL,
}


class FakeAgent:
    """One fake agent on 127.0.0.1, and on a Unix socket if a path is given.

    Attributes:
        location: its state.
        finding: what its searches find.
        client_files: what lies on its clients.
        calls: name and request of every call that was let in, oldest first.
        lost_answers: so many next calls are acted on, but their answers are lost.
        on_call: called when a call of this name is let in.
        thaw: while it is cleared, calls are let in and not answered.
    """

    def __init__(
        self,
        name: str = "fake",
        socket: Path | None = None,
        certificate: ServerCertificate | None = None,
    ) -> None:
        self.location = FakeLocation(name)
        self.certificate = certificate or make_certificate()
        self.calls: list[tuple[str, Any]] = []
        self.lost_answers = 0
        self.on_call: dict[str, Callable[[], object]] = {}
        self.thaw = threading.Event()
        self.thaw.set()
        self._socket = socket
        self._access = Access(self.location)
        self.finding = Finding(self.location)
        self.client_files = ClientFiles()
        self._port = 0
        self._held: Socket | None = None

    def __enter__(self) -> "FakeAgent":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._release_port()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint

    def credential(self, role: int = access_pb2.ROLE_ADMIN, holder: str = "test") -> str:
        return self._access.give(holder, role)

    def enrolment_token(self, role: int = access_pb2.ROLE_ADMIN) -> str:
        number = len(self.location.tokens) + len(self.location.used_tokens)
        token = f"abcd-0000-0000-{number:04d}"
        self.location.tokens[token] = role
        return token

    def start(self) -> None:
        """Serves; after a stop at the same port as before."""
        self.location.stopping = False
        self._release_port()
        self._pool = futures.ThreadPoolExecutor(WORKERS)
        self._server = grpc.server(self._pool, interceptors=[_Guard(self)])
        location = self.location
        add_AccessServiceServicer_to_server(self._access, self._server)
        add_LocationServiceServicer_to_server(Locations(location, self.role_of), self._server)
        add_TopologyServiceServicer_to_server(Topology(location), self._server)
        add_TaskServiceServicer_to_server(Tasks(location), self._server)
        add_JobServiceServicer_to_server(Jobs(location), self._server)
        add_SavesetServiceServicer_to_server(Savesets(location), self._server)
        add_FindingServiceServicer_to_server(self.finding, self._server)
        add_ClientFileServiceServicer_to_server(self.client_files, self._server)
        add_LoaderServiceServicer_to_server(LoadersFake(location), self._server)
        add_MediaServiceServicer_to_server(MediaFake(location), self._server)
        add_plan(location, self._server)
        credentials = grpc.ssl_server_credentials(
            [(self.certificate.key, self.certificate.certificate)]
        )
        self._port = self._server.add_secure_port(f"127.0.0.1:{self._port}", credentials)
        if self._socket is not None:
            self._server.add_secure_port(
                f"unix:{quote(os.fsencode(self._socket))}",
                grpc.local_server_credentials(grpc.LocalConnectionType.UDS),
            )
        self._server.start()

    def stop(self) -> None:
        self.thaw.set()
        with self.location.changed:
            self.location.stopping = True
            self.location.changed.notify_all()
        self._server.stop(grace=None).wait()
        self._pool.shutdown()
        self._hold_port()

    def _hold_port(self) -> None:
        """Keeps the port from others, so that nobody answers there until the next start."""
        self._release_port()
        self._held = Socket()
        self._held.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody was faster: as it was without
            self._held.bind(("127.0.0.1", self._port))

    def _release_port(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def role_of(self, context: grpc.ServicerContext) -> int:
        """The caller's role; raises Refused for one that is not known."""
        if context.peer().startswith("unix:"):
            return access_pb2.ROLE_ADMIN
        sent = dict(context.invocation_metadata()).get("authorization", "")
        known = self.location.credentials.get(str(sent).removeprefix("Bearer "))
        if known is None or known.HasField("revoke_time"):
            raise Refused("NOT_AUTHENTICATED")
        return known.role


class _Guard(grpc.ServerInterceptor):
    """Authentication, request ids and faults around every call."""

    def __init__(self, agent: FakeAgent) -> None:
        self._agent = agent

    def intercept_service(
        self, continuation: Callable[[Any], Any], details: grpc.HandlerCallDetails
    ) -> Any:
        handler = continuation(details)
        if handler is None:
            return None
        name = details.method.rpartition("/")[2]
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(name, handler.unary_stream),
                handler.request_deserializer,
                handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(name, handler.unary_unary),
            handler.request_deserializer,
            handler.response_serializer,
        )

    def _unary(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                self._let_in(name, request, context)
                response = self._once(name, request, lambda: act(request, context))
            except Refused as refused:
                _refuse(context, refused)
            if self._agent.lost_answers > 0:
                self._agent.lost_answers -= 1
                context.abort(grpc.StatusCode.UNAVAILABLE, "the answer is lost")
            return response

        return answer

    def _stream(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def answers(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            try:
                self._let_in(name, request, context)
                yield from act(request, context)
            except Refused as refused:
                _refuse(context, refused)

        return answers

    def _let_in(self, name: str, request: Any, context: grpc.ServicerContext) -> None:
        if name != "Enrol":
            self._agent.role_of(context)
        self._agent.calls.append((name, request))
        self._agent.on_call.get(name, lambda: None)()
        self._agent.thaw.wait()
        here = self._agent.location.location_id
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            asked = request.location_id
            if asked != here and not (name == "Enrol" and not asked):
                raise Refused("WRONG_LOCATION", asked=asked, here=here)
            if not request.request_id:
                raise Refused("REQUEST_ID_REQUIRED")

    def _once(self, name: str, request: Any, act: Callable[[], Any]) -> Any:
        location = self._agent.location
        with location.changed:
            if "request_id" not in request.DESCRIPTOR.fields_by_name:
                return act()
            before = location.answers.get(request.request_id)
            if before is None:
                before = location.answers[request.request_id] = (name, request, act())
            if before[:2] != (name, request):
                raise Refused("REQUEST_ID_REUSED", method=before[0])
            return before[2]


def _refuse(context: grpc.ServicerContext, refused: Refused) -> None:
    info = error_details_pb2.ErrorInfo(
        reason=refused.reason, domain="sesam", metadata=refused.metadata
    )
    detail = any_pb2.Any()
    detail.Pack(info)
    code = _CODES.get(refused.reason, code_pb2.FAILED_PRECONDITION)
    status = status_pb2.Status(code=code, message=refused.reason, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))
