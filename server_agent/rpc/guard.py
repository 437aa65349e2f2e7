"""The one door of all calls: who calls, whether they may, whether it is meant for this location,
and what a failure looks like. A servicer behind it neither authenticates nor aborts. Every change
and every refusal is entered in the log."""

import asyncio
import contextlib
import hashlib
import logging
import re
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from server_agent.domain.access import Caller, Role
from server_agent.domain.access_errors import CredentialUnknown
from server_agent.domain.approvals import Approval
from server_agent.domain.errors import (
    DomainError,
    NotAuthenticated,
    RequestIdRequired,
    RoleRequired,
    WatchOverflow,
    WrongLocation,
    no_space,
)
from server_agent.rpc.admission import Admission
from server_agent.rpc.errors import failure, refusal
from server_agent.rpc.refusals import Refusals
from server_agent.rpc.roles import ALLOWED, WITHOUT_CREDENTIAL
from server_agent.rpc.workers import Workers
from server_agent.service.access import LOCAL_CALLER, Access
from server_agent.service.requests import Request

log = logging.getLogger(__name__)

WRITE_SECONDS = 30.0  # a reader that takes nothing for so long is gone or stuck

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_NOBODY = Caller("nobody", Role.MONITOR, None)

Context = grpc.aio.ServicerContext[Any, Any]
Unary = Callable[[Any, "Call"], Awaitable[Message]]
Stream = Callable[[Any, "Call"], AsyncGenerator[Message, None]]


@dataclass(frozen=True, slots=True)
class Call:
    """What a servicer needs to know of a call beside its message. `request_id` is empty for one
    that only reads. `address` is where it comes from, without the port. `content` is a digest of
    what a change asks for."""

    method: str
    caller: Caller
    request_id: str
    address: str
    content: bytes = b""

    @property
    def request(self) -> Request:
        return Request(self.request_id, self.method, self.caller, self.content)


class Guard:
    """Wraps servicers: objects with one method per RPC, `(message, call) -> answer`.

    Args:
        write_seconds: how long one message of a stream may wait for its reader.
    """

    def __init__(
        self,
        location_id: str,
        access: Access,
        workers: Workers,
        admission: Admission,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self._location_id = location_id
        self._access = access
        self._workers = workers
        self._admission = admission
        self._changing: dict[str, tuple[Unary, Callable[[bytes], Message]]] = {}
        self._lock_outs = admission.lock_outs
        self._write_seconds = write_seconds
        self._refusals = Refusals()
        self._calls: Counter[tuple[str, str]] = Counter()

    @property
    def calls(self) -> Mapping[tuple[str, str], int]:
        """How often each method was called, by its name and outcome: OK, or the reason of its
        refusal. Of streams those that have ended."""
        return self._calls.copy()

    def handler(self, service: ServiceDescriptor, servicer: object) -> grpc.GenericRpcHandler:
        """All methods of the service. A servicer that lacks one is an AttributeError."""
        methods = {
            method.name: self._method(method, getattr(servicer, method.name))
            for method in service.methods
        }
        return grpc.method_handlers_generic_handler(service.full_name, methods)

    def _method(
        self, method: MethodDescriptor, behaviour: Any
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        name = f"{method.containing_service.name}/{method.name}"
        read = GetMessageClass(method.input_type).FromString
        write = GetMessageClass(method.output_type).SerializeToString
        if method.client_streaming:
            empty = GetMessageClass(method.input_type)()
            both = self._stream(name, behaviour, empty)
            return grpc.stream_stream_rpc_method_handler(both, read, write)
        if method.server_streaming:
            stream = self._stream(name, behaviour)
            return grpc.unary_stream_rpc_method_handler(stream, read, write)
        if "request_id" in method.input_type.fields_by_name:
            self._changing[name] = behaviour, read
        unary = self._unary(name, behaviour)
        return grpc.unary_unary_rpc_method_handler(unary, read, write)

    async def perform(self, approval: Approval, requester: Caller) -> str:
        """Does what was approved, as the one who asked for it. Returns the reason why it is
        refused, or nothing. Done again, it is answered as the first time."""
        name = approval.method
        behaviour, read = self._changing[name]
        message = read(approval.message)
        call = Call(name, requester, approval.id, approval.address, _content(message))
        try:
            _check_role(name, requester)
            await self._admission.check_scope(name, message, requester.scope)
            await behaviour(message, call)
        except DomainError as error:
            log.info("%s by %s, approved by %s: %s", name, *_who(approval), error.reason)
            return error.reason
        log.info("%s by %s, approved by %s", name, *_who(approval))
        return ""

    async def _admit(self, message: Message, call: Call, context: Context) -> None:
        await self._admission.check_scope(call.method, message, call.caller.scope)
        if call.request_id and call.method not in WITHOUT_CREDENTIAL:
            code = _metadata(context, "sesam-otp")
            await self._admission.check_code(message, call.request, call.address, code)
            await self._admission.check_approval(message, call.request, call.address)

    def _unary(self, name: str, behaviour: Unary) -> Callable[..., Awaitable[Message]]:
        async def unary(message: Message, context: Context) -> Message:
            async with self._failures(name, context):
                call = await self._call(name, message, context)
                await self._admit(message, call, context)
                answer = await behaviour(message, call)
                if call.request_id:
                    log.info("%s by %s", name, call.caller.name)
                return answer
            raise AssertionError("a failure was not told")

        return unary

    def _stream(
        self, name: str, behaviour: Stream, checked: Message | None = None
    ) -> Callable[..., Awaitable[None]]:
        """`checked`: in place of what is asked, where that is a stream too."""

        async def stream(message: Any, context: Context) -> None:
            async with self._failures(name, context):
                asked = message if checked is None else checked
                call = await self._call(name, asked, context)
                await self._admit(asked, call, context)
                async with contextlib.aclosing(behaviour(message, call)) as answers:
                    async for answer in answers:
                        await self._write(answer, context)

        return stream

    async def _write(self, answer: Message, context: Context) -> None:
        try:
            async with asyncio.timeout(self._write_seconds):
                await context.write(answer)
        except TimeoutError:
            raise WatchOverflow from None

    async def _call(self, name: str, message: Message, context: Context) -> Call:
        """The call, checked; or the reason why it is refused."""
        caller = _NOBODY
        address = address_of(context)
        if name not in WITHOUT_CREDENTIAL:
            caller = await self._caller(context)
            _check_role(name, caller)
        fields = message.DESCRIPTOR.fields_by_name
        if "request_id" not in fields:
            return Call(name, caller, "", address)
        asked: str = getattr(message, "location_id", "")
        may_be_unknown = name in WITHOUT_CREDENTIAL and not asked
        if asked != self._location_id and not may_be_unknown:
            raise WrongLocation(asked=asked, here=self._location_id)
        request_id: str = getattr(message, "request_id", "").lower()
        if not _UUID.fullmatch(request_id):
            raise RequestIdRequired
        return Call(name, caller, request_id, address, _content(message))

    async def _caller(self, context: Context) -> Caller:
        if context.peer().startswith("unix:"):
            return LOCAL_CALLER
        secret = _bearer(context)
        if secret is None:
            raise NotAuthenticated
        address = address_of(context)
        self._lock_outs.check_credential(address, secret)
        caller = self._access.known(secret)
        if caller is None:
            try:
                caller = await self._workers.read(self._access.authenticate, secret)
            except CredentialUnknown:
                self._lock_outs.credential_failed(address)
                raise
        self._lock_outs.credential_proved(address, secret)
        if self._access.use_is_due(caller):
            self._workers.write_later(self._access.note_use, caller, address)
        return caller

    @contextlib.asynccontextmanager
    async def _failures(self, name: str, context: Context) -> AsyncIterator[None]:
        """Tells the caller why, if the call fails."""
        try:
            yield
            self._calls[name, "OK"] += 1
        except DomainError as error:
            self._calls[name, error.reason] += 1
            self._refusals.tell(name, context.peer(), error)
            await context.abort_with_status(refusal(error))
        except grpc.aio.BaseError:
            raise
        except Exception as error:
            full = no_space(error)
            self._calls[name, full.reason if full is not None else "INTERNAL"] += 1
            if full is not None:
                self._refusals.tell(name, context.peer(), full)
                await context.abort_with_status(refusal(full))
            incident = uuid.uuid4().hex[:12]
            log.exception("%s failed unexpectedly, incident %s", name, incident)
            await context.abort_with_status(failure(incident))


def _check_role(name: str, caller: Caller) -> None:
    allowed = ALLOWED.get(name, frozenset())
    if caller.role not in allowed:
        raise RoleRequired(role=caller.role, allowed=", ".join(sorted(allowed)))


def _who(approval: Approval) -> tuple[str, str]:
    return approval.requester, approval.decider


def _content(message: Message) -> bytes:
    """A digest of all but the ids of the request and its location."""
    asked = type(message)()
    asked.CopyFrom(message)
    for field in ("request_id", "location_id"):
        asked.ClearField(field)
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).digest()


def address_of(context: Context) -> str:
    """Where a call comes from, without the port."""
    return context.peer().rpartition(":")[0]


def _bearer(context: Context) -> str | None:
    value = _metadata(context, "authorization")
    found = _BEARER.fullmatch(value) if value is not None else None
    return found.group(1) if found else None


def _metadata(context: Context, wanted: str) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == wanted and isinstance(value, str):
            return value
    return None
